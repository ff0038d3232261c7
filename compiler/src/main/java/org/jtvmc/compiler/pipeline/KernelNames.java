package org.jtvmc.compiler.pipeline;

import java.util.stream.Collectors;
import org.jtvmc.schedule.ComputeDag;

/** What kernels are called by people: after the operators in them. */
final class KernelNames {

  private static final int MOST_OPERATORS = 4;

  private KernelNames() {}

  /** The kernel's operators, as far as it reads well; letters, digits and underscores. */
  static String of(ComputeDag dag) {
    return dag.stages().stream()
        .map(stage -> stage.op().name().replaceAll("[^A-Za-z0-9_]", "_"))
        .distinct()
        .limit(MOST_OPERATORS)
        .collect(Collectors.joining("_"));
  }
}
