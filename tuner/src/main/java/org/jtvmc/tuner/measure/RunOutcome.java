package org.jtvmc.tuner.measure;

import java.util.List;
import java.util.Optional;
import org.jtvmc.tuner.record.DeviceClock;
import org.jtvmc.tuner.record.RecordStatus;

/** How running a candidate ended. */
public sealed interface RunOutcome {

  /** It gave the right answer; the time of one run for each repetition, and a GPU's clock. */
  record Timed(List<Double> timesMs, Optional<DeviceClock> clock) implements RunOutcome {
    public Timed {
      timesMs = List.copyOf(timesMs);
    }

    /** On a CPU. */
    public Timed(List<Double> timesMs) {
      this(timesMs, Optional.empty());
    }
  }

  /** It did not; {@code error} is one sentence. */
  record Failed(RecordStatus status, String error) implements RunOutcome {}
}
