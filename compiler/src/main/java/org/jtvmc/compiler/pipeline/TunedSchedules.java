package org.jtvmc.compiler.pipeline;

import java.util.Optional;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.step.StepCodec;
import org.jtvmc.tuner.record.RecordKey;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.RecordTarget;

/** The best schedules of a set of tuning records, which does not change meanwhile. */
public record TunedSchedules(RecordStore records) implements ScheduleSource {

  @Override
  public Optional<Known> find(ComputeDag dag, Target target) {
    RecordKey key = new RecordKey(dag.workloadHash(), RecordTarget.of(target));
    return records
        .bestOrNearest(key)
        .map(record -> new Known(StepCodec.read(record.steps()), KernelBuild.Origin.TUNED));
  }
}
