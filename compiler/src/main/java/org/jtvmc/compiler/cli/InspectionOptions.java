package org.jtvmc.compiler.cli;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jtvmc.compiler.artifact.ArtifactLayout;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.ir.pass.PassOrderException;
import org.jtvmc.ir.pass.PrintAfter;
import picocli.CommandLine.Option;

/** The options that show what happens inside. */
final class InspectionOptions {

  /** The forms of code that can be dumped. */
  enum Dump {
    RELAY,
    TE,
    LOOP,
    LL,
    ASM,
    PTX,
    RESOURCES;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--dump-code",
      paramLabel = "FORM",
      split = ",",
      description = "Write the code in these forms beside the library: ${COMPLETION-CANDIDATES}.")
  private List<Dump> dumps = new ArrayList<>();

  @Option(
      names = "--print-ir-after",
      paramLabel = "PASS",
      split = ",",
      description = "Print the graph after a graph pass, or after all.")
  private List<String> printAfter = new ArrayList<>();

  @Option(names = "--print-pass-times", description = "Print how long each graph pass took.")
  private boolean passTimes;

  @Option(
      names = "--disabled-pass",
      paramLabel = "P",
      split = ",",
      description = "Leave out a graph pass.")
  private List<String> disabledPasses = new ArrayList<>();

  /** Passes to leave out, each of which there is. */
  List<String> disabledPasses() {
    disabledPasses.forEach(name -> requirePass(name, GraphPipeline.standard().names()));
    try {
      GraphPipeline.standard().without(disabledPasses);
    } catch (PassOrderException e) {
      throw new UsageException("--disabled-pass: " + e.getMessage(), e);
    }
    return disabledPasses;
  }

  CompilationReport report(Verb verb, ArtifactLayout layout) {
    printAfter.stream()
        .filter(name -> !name.equals(PrintAfter.ALL))
        .forEach(name -> requirePass(name, GraphPipeline.names()));
    Set<Dump> wanted = EnumSet.noneOf(Dump.class);
    wanted.addAll(dumps);
    return new CompilationReport(verb, layout, wanted, Set.copyOf(printAfter), passTimes);
  }

  private static void requirePass(String name, List<String> names) {
    if (!names.contains(name)) {
      throw new UsageException(
          "there is no pass '%s'; the passes are %s"
              .formatted(name, names.stream().distinct().collect(Collectors.joining(", "))));
    }
  }
}
