package org.jtvmc.compiler.pipeline;

import java.util.Optional;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.tuner.cost.WarmStart;
import org.jtvmc.tuner.search.SchedulePredictor;

/**
 * Schedules that nobody has measured: the favourites of the model that comes with the program,
 * where it is sure that they are faster than the default ones. It was trained on CPUs and knows
 * nothing of GPUs.
 */
public final class PredictedSchedules implements ScheduleSource {
  private final Optional<SchedulePredictor> predictor;

  public PredictedSchedules() {
    this.predictor = WarmStart.shipped().map(SchedulePredictor::new);
  }

  @Override
  public Optional<Known> find(ComputeDag dag, Target target) {
    return switch (target) {
      case CpuTarget cpu ->
          predictor
              .flatMap(p -> p.betterThanDefault(dag, cpu))
              .map(chosen -> new Known(chosen.steps(), KernelBuild.Origin.PREDICTED));
      case CudaTarget _ -> Optional.empty();
    };
  }
}
