package org.jtvmc.compiler.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
 * @param proposers who proposed each
 * @param drafts the draft model's estimate of each, in milliseconds
 */
record MeasuredPrograms(
    String family,
    String workload,
    List<Sample> samples,
    List<Proposer> proposers,
    List<Double> drafts) {

  static MeasuredPrograms of(DatasetFile.Kernel kernel) {
    TuningTask task = DatasetGenerator.main(kernel.workload());
    MachineFeatures features = LoopAppraiser.relativeToDefault(task.dag(), kernel.target());
    DraftModel draft = DraftModel.of(kernel.target());
    // Kernels that compute the same are different groups where their machines differ.
    String group = kernel.id() + " " + task.workload() + " " + kernel.target();
    List<Sample> samples = new ArrayList<>();
    List<Proposer> proposers = new ArrayList<>();
    List<Double> drafts = new ArrayList<>();
    for (DatasetFile.Sample sample : kernel.samples()) {
      try {
        Schedule schedule = Schedule.replay(task.dag(), StepCodec.read(sample.steps()));
        LoopAnalysis loops = LoopAnalysis.of(Lowering.lower(schedule, "candidate").func());
        samples.add(new Sample(group, features.extract(loops), sample.timeMs()));
        proposers.add(sample.by());
        drafts.add(draft.estimateMs(loops));
      } catch (ScheduleException _) {
        continue;
      }
    }
    return new MeasuredPrograms(
        kernel.workload().family(), task.workload(), samples, proposers, drafts);
  }

  /** The throughput of each program relative to the best; 0 where it failed. */
  double[] throughputs() {
    double best =
        samples.stream().mapToDouble(Sample::timeMs).min().orElse(Double.POSITIVE_INFINITY);
    return samples.stream().mapToDouble(s -> s.failed() ? 0 : best / s.timeMs()).toArray();
  }

  /**
   * Among those that the shipped model proposed before anything was measured, the one with the
   * highest of {@code scores} against the default schedule; empty where either is missing.
   */
  Optional<UntunedQuality.Favourite> favourite(double[] scores) {
    int byDefault = -1;
    int best = -1;
    for (int k = 0; k < scores.length; k++) {
      switch (proposers.get(k)) {
        case RULES -> byDefault = k;
        case MODEL -> best = best < 0 || scores[k] > scores[best] ? k : best;
        case RANDOM, SEARCH -> {}
      }
    }
    if (byDefault < 0 || best < 0 || samples.get(byDefault).failed()) {
      return Optional.empty();
    }
    // One that cannot be built is found out when it is: then the default is used.
    double time = samples.get(best).failed() ? 1 : samples.get(best).timeMs();
    double reference = samples.get(best).failed() ? 1 : samples.get(byDefault).timeMs();
    return Optional.of(
        new UntunedQuality.Favourite(scores[best] - scores[byDefault], time / reference));
  }
}
