package org.jtvmc.compiler.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.step.Step;
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
    String byDefault = StepCodec.write(defaultSteps(task.dag(), kernel.target()));
    for (DatasetFile.Sample sample : kernel.samples()) {
      try {
        Schedule schedule = Schedule.replay(task.dag(), StepCodec.read(sample.steps()));
        LoopAnalysis loops = LoopAnalysis.of(Lowering.lower(schedule, "candidate").func());
        samples.add(new Sample(group, features.extract(loops), sample.timeMs()));
        // Rules of another day proposed something else.
        boolean outdated = sample.by() == Proposer.RULES && !sample.steps().equals(byDefault);
        proposers.add(outdated ? Proposer.SEARCH : sample.by());
        drafts.add(draft.estimateMs(loops));
      } catch (ScheduleException _) {
        continue;
      }
    }
    return new MeasuredPrograms(
        kernel.workload().family(), task.workload(), samples, proposers, drafts);
  }

  private static List<Step> defaultSteps(ComputeDag dag, CpuTarget target) {
    try {
      return DesignSpace.of(dag, target).defaultCandidate().steps();
    } catch (ScheduleException _) {
      return List.of();
    }
  }

  /** The throughput of each program relative to the best; 0 where it failed. */
  double[] throughputs() {
    double best =
        samples.stream().mapToDouble(Sample::timeMs).min().orElse(Double.POSITIVE_INFINITY);
    return samples.stream().mapToDouble(s -> s.failed() ? 0 : best / s.timeMs()).toArray();
  }

  /**
   * Among those that the shipped model proposed before anything was measured, and that the draft
   * does not take for slower than today's default schedule, the one with the highest of {@code
   * scores} against that; empty where either is missing.
   */
  Optional<UntunedQuality.Favourite> favourite(double[] scores) {
    int byDefault = proposers.indexOf(Proposer.RULES);
    if (byDefault < 0 || samples.get(byDefault).failed()) {
      return Optional.empty();
    }
    int best = -1;
    for (int k = 0; k < scores.length; k++) {
      if (proposers.get(k) == Proposer.MODEL && drafts.get(k) <= drafts.get(byDefault)) {
        best = best < 0 || scores[k] > scores[best] ? k : best;
      }
    }
    if (best < 0) {
      return Optional.empty();
    }
    // One that cannot be built is found out when it is: then the default is used.
    double time = samples.get(best).failed() ? 1 : samples.get(best).timeMs();
    double reference = samples.get(best).failed() ? 1 : samples.get(byDefault).timeMs();
    return Optional.of(
        new UntunedQuality.Favourite(scores[best] - scores[byDefault], time / reference));
  }
}
