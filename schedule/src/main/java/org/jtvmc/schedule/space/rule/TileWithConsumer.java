package org.jtvmc.schedule.space.rule;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;

/**
 * Multi-level tiling of a reduction with reuse together with the elementwise stage that reads it:
 * the consumer's output is cut into tiles, and each tile of the reduction is computed just before
 * the consumer takes it, so that it never leaves the registers or the first cache.
 */
public final class TileWithConsumer implements SketchRule {

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return !stage.isReduction()
        && stage.isFresh()
        && stage.isRoot()
        && producer(state, stage).isPresent();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    Stage producer = producer(state, stage).orElseThrow();
    TilePlan.of(state, stage, producer).orElseThrow().apply(state);
    state.markScheduled(producer.id());
  }

  /** The reduction to tile: the one with the most work, where there are several. */
  static Optional<Stage> producer(SketchState state, Stage stage) {
    List<Access> accesses = Access.of(state.schedule(), stage);
    return accesses.stream()
        .map(access -> state.schedule().stageOf(access.tensor()))
        .flatMap(Optional::stream)
        .distinct()
        .filter(
            producer ->
                !producer.isOutput()
                    && !state.isScheduled(producer.id())
                    && ReductionShape.of(state, producer).isTileable()
                    && state.readers(producer).size() == 1
                    && TilePlan.of(state, stage, producer).isPresent())
        .max(Comparator.comparingDouble(ReductionShape::work));
  }
}
