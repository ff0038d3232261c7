package org.jtvmc.tuner.session;

import java.time.Clock;
import java.util.Optional;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.task.TuningTask;

/** Appends outcomes to the records of a target. */
record Recorder(Target target, TuningOptions options, RecordStore records, Clock clock) {

  /** One trial. */
  void trial(TuningTask task, Candidate candidate, MeasureResult result) {
    append(task, candidate, result, false);
  }

  /** What a comparison chose. */
  void choice(TuningTask task, Candidate candidate, MeasureResult result) {
    append(task, candidate, result, true);
  }

  /** What a compilation would use. */
  Optional<TuningRecord> best(TuningTask task) {
    return records.best(task.key(target));
  }

  private void append(
      TuningTask task, Candidate candidate, MeasureResult result, boolean confirmed) {
    records.append(
        new TuningRecord(
            task.key(target),
            task.name(),
            candidate.text(),
            candidate.decisions(),
            result.timesMs(),
            result.status(),
            result.error(),
            options.seed(),
            clock.instant(),
            options.compiler(),
            confirmed,
            result.conditions()));
  }
}
