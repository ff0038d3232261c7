package org.jtvmc.tests.conventions;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.source.tree.CaseTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.DefaultCaseLabelTree;
import com.sun.source.tree.PatternCaseLabelTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** What holds of every source file of the project. */
class SourceConventionsTest {

  private static final int MAX_LINES = 500;

  /** Files that are longer, each with its reason. */
  private static final Map<String, String> LONGER_FOR_A_REASON = Map.of();

  private static final Pattern MARKER = Pattern.compile("\\b(TODO|FIXME|XXX)\\b");

  @Test
  void aPackageIsNamedAfterItsModule() throws IOException {
    List<String> misplaced = new ArrayList<>();
    for (String module : Project.MODULES) {
      for (Path source : Project.allSources(module)) {
        if (!source.toString().contains("/java/org/jtvmc/" + module + "/")) {
          misplaced.add(Project.ROOT.relativize(source).toString());
        }
      }
    }
    assertEquals(List.of(), misplaced, "sources outside org.jtvmc.<module>");
  }

  @Test
  void everyPackageSaysWhatItHolds() throws IOException {
    List<String> silent = new ArrayList<>();
    for (String module : Project.MODULES) {
      for (Path source : Project.mainSources(module)) {
        Path page = source.resolveSibling("package-info.java");
        if (!Files.exists(page) || !Files.readString(page).contains("/**")) {
          silent.add(Project.ROOT.relativize(source.getParent()).toString());
        }
      }
    }
    assertEquals(List.of(), silent.stream().distinct().toList(), "packages without a description");
  }

  @Test
  void noFileIsHuge() throws IOException {
    List<String> huge = new ArrayList<>();
    for (String module : Project.MODULES) {
      for (Path source : Project.allSources(module)) {
        int lines = Files.readAllLines(source).size();
        String name = Project.ROOT.relativize(source).toString();
        if (lines > MAX_LINES && !LONGER_FOR_A_REASON.containsKey(name)) {
          huge.add(name + ": " + lines + " lines");
        }
      }
    }
    assertEquals(List.of(), huge, "files of more than " + MAX_LINES + " lines");
  }

  @Test
  void nothingIsLeftForLater() throws IOException {
    List<String> left = new ArrayList<>();
    for (String module : Project.MODULES) {
      for (Path source : Project.mainSources(module)) {
        if (MARKER.matcher(Files.readString(source)).find()) {
          left.add(Project.ROOT.relativize(source).toString());
        }
      }
    }
    assertEquals(List.of(), left, "files with a marker of unfinished work");
  }

  /**
   * A switch over patterns names every case, so that a new node of an IR makes the compiler point
   * at every place that must handle it.
   */
  @Test
  void noSwitchOverPatternsHasADefault() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String module : Project.MODULES) {
      sources.addAll(Project.mainSources(module));
    }
    List<String> found = new ArrayList<>();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(sources));
      var positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        new TreeScanner<Void, Void>() {
          @Override
          public Void visitSwitch(SwitchTree node, Void unused) {
            check(node, node.getCases());
            return super.visitSwitch(node, unused);
          }

          @Override
          public Void visitSwitchExpression(SwitchExpressionTree node, Void unused) {
            check(node, node.getCases());
            return super.visitSwitchExpression(node, unused);
          }

          private void check(Tree node, List<? extends CaseTree> cases) {
            boolean patterns = hasLabel(cases, PatternCaseLabelTree.class);
            if (patterns && hasLabel(cases, DefaultCaseLabelTree.class)) {
              long line = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, node));
              Path source = Path.of(unit.getSourceFile().toUri());
              found.add(Project.ROOT.relativize(source) + ":" + line);
            }
          }
        }.scan(unit, null);
      }
    }
    assertEquals(List.of(), found, "switches over patterns with a default");
  }

  private static boolean hasLabel(List<? extends CaseTree> cases, Class<?> label) {
    return cases.stream().flatMap(c -> c.getLabels().stream()).anyMatch(label::isInstance);
  }
}
