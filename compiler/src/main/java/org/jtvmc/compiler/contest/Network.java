package org.jtvmc.compiler.contest;

/** Something that runs kernels one after the other, each with one of several schedules. */
interface Network {

  /** How many kernels one run calls. */
  int calls();

  /**
   * Runs once.
   *
   * @param alternatives for every call which schedule its kernel has
   * @return the time of every call in milliseconds
   */
  double[] run(int[] alternatives);
}
