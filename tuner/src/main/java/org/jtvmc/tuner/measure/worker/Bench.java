package org.jtvmc.tuner.measure.worker;

import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.RunOutcome;
import org.jtvmc.tuner.measure.Runner.Effort;

/** What the candidates of one task are run on. */
sealed interface Bench extends AutoCloseable permits TaskBench, DeviceBench {

  /** The bytes of memory that this holds. */
  long bytes();

  /** Runs, checks and times a candidate. */
  RunOutcome measure(KernelCode code, double bestMs, Effort effort);

  @Override
  void close();
}
