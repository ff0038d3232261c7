package org.jtvmc.tuner.measure.worker;

import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.KernelSource;

/** Compiles one candidate; called from several threads at once, and closed by none of them. */
@FunctionalInterface
public interface KernelBuilder {

  /**
   * The machine code of a candidate.
   *
   * @throws RuntimeException where it cannot be compiled; the message is one sentence
   */
  KernelCode build(KernelSource source);
}
