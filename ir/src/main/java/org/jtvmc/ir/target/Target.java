package org.jtvmc.ir.target;

import java.util.SortedSet;

/** What the code is made for: everything that schedules and code generation may depend on. */
public sealed interface Target permits CpuTarget, CudaTarget {

  /** The kind's name, the first word of the target string: {@code llvm}, {@code cuda}. */
  String kind();

  /** The features of the instruction set, as LLVM names them. */
  SortedSet<String> features();

  /**
   * The target string, which parses back to an equal target: {@code llvm -mcpu=znver5
   * -num-cores=2}.
   */
  @Override
  String toString();
}
