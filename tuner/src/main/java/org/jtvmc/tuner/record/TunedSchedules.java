package org.jtvmc.tuner.record;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.StepCodec;

/** The best schedules of a store, for the compiler. */
public final class TunedSchedules {
  private final RecordStore records;
  private final Consumer<String> problems;

  /**
   * @param problems gets a sentence for a record whose steps cannot be read
   */
  public TunedSchedules(RecordStore records, Consumer<String> problems) {
    this.records = records;
    this.problems = problems;
  }

  /** The steps of the fastest right candidate for {@code dag}; from any thread. */
  public Optional<List<Step>> find(ComputeDag dag, CpuTarget target) {
    RecordKey key = new RecordKey(dag.workloadHash(), RecordTarget.of(target));
    return records.bestOrNearest(key).flatMap(this::steps);
  }

  private Optional<List<Step>> steps(TuningRecord record) {
    try {
      return Optional.of(StepCodec.read(record.steps()));
    } catch (IllegalArgumentException e) {
      problems.accept(
          "the record of %s at %s is not used: %s"
              .formatted(record.task(), record.at(), e.getMessage()));
      return Optional.empty();
    }
  }
}
