package org.jtvmc.compiler.dataset;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.step.StepCodec;
import org.jtvmc.tuner.cost.Sample;
import org.jtvmc.tuner.draft.DraftModel;
import org.jtvmc.tuner.draft.MachineFeatures;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.search.LoopAppraiser;
import org.jtvmc.tuner.task.TuningTask;

/**
 * What a cost model is trained on, of one kernel of a data set. Schedules that the steps no longer
 * lead to are left out.
 *
 * @param family the kind of operator
 * @param workload names the computation
 * @param samples the measured programs
 * @param drafts the draft model's estimate of each, in milliseconds
 */
record MeasuredPrograms(String family, String workload, List<Sample> samples, List<Double> drafts) {

  static MeasuredPrograms of(DatasetFile.Kernel kernel) {
    TuningTask task = DatasetGenerator.main(kernel.workload());
    MachineFeatures features = LoopAppraiser.relativeToDefault(task.dag(), kernel.target());
    DraftModel draft = DraftModel.of(kernel.target());
    // Kernels that compute the same are different groups where their machines differ.
    String group = kernel.id() + " " + task.workload() + " " + kernel.target();
    List<Sample> samples = new ArrayList<>();
    List<Double> drafts = new ArrayList<>();
    for (DatasetFile.Sample sample : kernel.samples()) {
      try {
        Schedule schedule = Schedule.replay(task.dag(), StepCodec.read(sample.steps()));
        LoopAnalysis loops = LoopAnalysis.of(Lowering.lower(schedule, "candidate").func());
        samples.add(new Sample(group, features.extract(loops), sample.timeMs()));
        drafts.add(draft.estimateMs(loops));
      } catch (ScheduleException _) {
        continue;
      }
    }
    return new MeasuredPrograms(kernel.workload().family(), task.workload(), samples, drafts);
  }

  /** The throughput of each program relative to the best; 0 where it failed. */
  double[] throughputs() {
    double best =
        samples.stream().mapToDouble(Sample::timeMs).min().orElse(Double.POSITIVE_INFINITY);
    return samples.stream().mapToDouble(s -> s.failed() ? 0 : best / s.timeMs()).toArray();
  }
}
