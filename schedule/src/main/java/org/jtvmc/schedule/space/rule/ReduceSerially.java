package org.jtvmc.schedule.space.rule;

import java.util.List;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;

/**
 * Any other reduction: its outputs are divided among the threads, each computed in turn. The one
 * output of a reduction along contiguous elements is computed in the lanes of vectors: one sum
 * after the other would be slow, and lose digits as it grows.
 */
public final class ReduceSerially implements SketchRule {
  private static final double LEAST_PARALLEL_WORK = 20_000;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isReduction() && stage.isRoot() && stage.isFresh();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    List<String> outer =
        stage.axes().stream().filter(axis -> !axis.isReduce()).map(IterVar::id).toList();
    if (!outer.isEmpty()) {
      boolean worthThreads = ReductionShape.work(stage) >= LEAST_PARALLEL_WORK;
      OuterLoops.parallelize(state, stage.id(), outer, worthThreads);
    } else if (ReductionShape.of(state, stage).reduceLanes()) {
      LaneReduction.factor(state, stage)
          .ifPresent(partial -> LaneReduction.vectorizePartial(state, partial));
      LaneReduction.combineLanes(state, stage.id());
    }
  }
}
