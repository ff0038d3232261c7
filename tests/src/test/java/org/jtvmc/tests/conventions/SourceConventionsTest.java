package org.jtvmc.tests.conventions;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.source.tree.CaseTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.DefaultCaseLabelTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.SwitchExpressionTree;
import com.sun.source.tree.SwitchTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** What holds of every source file of the project. */
class SourceConventionsTest {

  private static final int MAX_LINES = 500;

  /** Files that are longer, each with its reason. */
  private static final Map<String, String> LONGER_FOR_A_REASON =
      Map.of(
          "compiler/src/test/java/org/jtvmc/compiler/onnx/RandomOperators.java",
          "one table with a short method for each operator");

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
   * A switch over a sealed type names every case, so that a new node of an IR makes the compiler
   * point at every place that must handle it.
   */
  @Test
  void noSwitchOverASealedTypeHasADefault() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String module : Project.MODULES) {
      sources.addAll(Project.mainSources(module));
    }
    List<String> found = new ArrayList<>();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var units = files.getJavaFileObjectsFromPaths(sources);
      var options = List.of("-proc:none", "-cp", System.getProperty("java.class.path"));
      var task = (JavacTask) compiler.getTask(null, files, null, options, null, units);
      Iterable<? extends CompilationUnitTree> trees = task.parse();
      task.analyze();
      trees.forEach(unit -> new DefaultFinder(Trees.instance(task), unit, found).scan(unit, null));
    }
    assertEquals(List.of(), found, "switches over a sealed type with a default");
  }

  /** Finds the switches of one source file that select by the cases of a sealed type, or else. */
  private static final class DefaultFinder extends TreePathScanner<Void, Void> {

    private final Trees trees;
    private final CompilationUnitTree unit;
    private final List<String> found;

    DefaultFinder(Trees trees, CompilationUnitTree unit, List<String> found) {
      this.trees = trees;
      this.unit = unit;
      this.found = found;
    }

    @Override
    public Void visitSwitch(SwitchTree node, Void unused) {
      check(node.getExpression(), node.getCases());
      return super.visitSwitch(node, unused);
    }

    @Override
    public Void visitSwitchExpression(SwitchExpressionTree node, Void unused) {
      check(node.getExpression(), node.getCases());
      return super.visitSwitchExpression(node, unused);
    }

    private void check(ExpressionTree selector, List<? extends CaseTree> cases) {
      boolean hasDefault =
          cases.stream()
              .flatMap(branch -> branch.getLabels().stream())
              .anyMatch(DefaultCaseLabelTree.class::isInstance);
      TypeMirror type = trees.getTypeMirror(new TreePath(getCurrentPath(), selector));
      if (hasDefault
          && type instanceof DeclaredType declared
          && declared.asElement().getModifiers().contains(Modifier.SEALED)) {
        long start = trees.getSourcePositions().getStartPosition(unit, selector);
        Path source = Path.of(unit.getSourceFile().toUri());
        found.add(Project.ROOT.relativize(source) + ":" + unit.getLineMap().getLineNumber(start));
      }
    }
  }
}
