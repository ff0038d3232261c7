package org.jtvmc.tuner.measure;

/** Runs and times candidates. Never throws for what is a candidate's fault. */
public interface Runner {

  /** How much time a measurement is worth. */
  enum Effort {
    /** As short as the candidate's distance from the best allows. */
    SEARCH,
    /** Long enough to tell close candidates apart. */
    COMPARE
  }

  /**
   * Runs {@code code} on the task's inputs, checks its outputs, and times it.
   *
   * @param bestMs the best time known for the task, infinite where there is none: a candidate that
   *     is clearly slower is not timed any longer
   * @throws MeasureException where the task itself cannot be measured
   */
  RunOutcome run(MeasureTask task, KernelCode code, double bestMs, Effort effort);
}
