package org.jtvmc.tuner.measure;

import org.jtvmc.tuner.record.RecordStatus;

/** How building a candidate ended. */
public sealed interface BuildOutcome {

  /** There is code. */
  record Built(KernelCode code) implements BuildOutcome {}

  /** There is none; {@code error} is one sentence. */
  record Failed(RecordStatus status, String error) implements BuildOutcome {}
}
