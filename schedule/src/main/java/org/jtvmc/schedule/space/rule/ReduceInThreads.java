package org.jtvmc.schedule.space.rule;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheWrite;

/**
 * Reductions of which each output reads elements of its own, neighbours side by side: depthwise
 * convolutions, poolings, sums of columns. Neighbouring threads have neighbouring outputs and
 * reduce alone, together with the elementwise stage that reads the result; see {@link ThreadPlan}.
 */
public final class ReduceInThreads implements SketchRule {

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isRoot()
        && stage.isFresh()
        && (stage.isReduction() ? isReduced(state, stage) : producer(state, stage).isPresent());
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    Stage producer;
    if (stage.isReduction()) {
      state.apply(new CacheWrite(stage.id()));
      producer = state.stage(CacheWrite.cacheOf(stage.id()));
    } else {
      producer = producer(state, stage).orElseThrow();
    }
    new ThreadPlan(state.stage(stage.id()), producer).apply(state);
    state.markScheduled(producer.id());
  }

  /** The reduction that the stage reads element by element, in the order in which it lies. */
  private static Optional<Stage> producer(SketchState state, Stage stage) {
    return FreshProducers.of(state, stage)
        .filter(producer -> isReduced(state, producer) && isFollowed(state, stage, producer))
        .findFirst();
  }

  /** True where neighbouring elements of {@code stage} read neighbouring ones of the producer. */
  static boolean isFollowed(SketchState state, Stage stage, Stage producer) {
    return TilePlan.consumerAxes(state, stage, producer)
        .filter(axes -> axes[ThreadPlan.innermost(producer)] == ThreadPlan.innermost(stage))
        .isPresent();
  }

  /** True where the threads of a warp read side by side, and share next to nothing. */
  private static boolean isReduced(SketchState state, Stage stage) {
    if (!stage.isReduction() || ThreadPlan.innermost(stage) < 0) {
      return false;
    }
    Axis inner = stage.op().axes().get(ThreadPlan.innermost(stage));
    List<Access> reduced = ThreadPlan.reducedAccesses(state, stage);
    return reduced.stream().anyMatch(access -> access.stride(inner.var()).orElse(0) == 1)
        && !ReductionShape.isMatrixProduct(stage.op().axes(), reduced);
  }
}
