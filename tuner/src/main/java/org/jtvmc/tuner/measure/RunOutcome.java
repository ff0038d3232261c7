package org.jtvmc.tuner.measure;

import java.util.List;
import org.jtvmc.tuner.record.RecordStatus;

/** How running a candidate ended. */
public sealed interface RunOutcome {

  /** It gave the right answer; the time of one run for each repetition. */
  record Timed(List<Double> timesMs) implements RunOutcome {
    public Timed {
      timesMs = List.copyOf(timesMs);
    }
  }

  /** It did not; {@code error} is one sentence. */
  record Failed(RecordStatus status, String error) implements RunOutcome {}
}
