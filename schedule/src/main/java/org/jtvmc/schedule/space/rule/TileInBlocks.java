package org.jtvmc.schedule.space.rule;

import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheWrite;

/**
 * Multi-level tiling of a reduction with reuse for a GPU, together with the elementwise stage that
 * reads it, or with the copy out of its own cache: blocks share their operands in shared memory,
 * threads keep their part of the result in registers. See {@link BlockPlan}; where there are few
 * tiles, {@link SplitProduct}.
 */
public final class TileInBlocks implements SketchRule {

  @Override
  public boolean applies(SketchState state, Stage stage) {
    if (!stage.isRoot() || !stage.isFresh() || stage.op().axes().isEmpty()) {
      return false;
    }
    return stage.isReduction()
        ? BlockProduct.hasReuse(state, stage)
        : producer(state, stage).isPresent();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    Stage producer = stage.isReduction() ? stage : producer(state, stage).orElseThrow();
    Optional<Stage> partial = SplitProduct.of(state, stage, producer);
    if (partial.isPresent()) {
      state.markScheduled(partial.get().id());
      BlockPlan.Block block = tileAlone(state, partial.get());
      SplitProduct.addUp(state, stage, producer, partial.get(), block);
    } else if (stage.isReduction()) {
      tileAlone(state, stage);
    } else {
      BlockPlan.of(state, stage, producer).orElseThrow().apply(state);
      state.markScheduled(producer.id());
    }
  }

  /**
   * About how many cycles the product takes by what multiplies fastest; empty where it is none that
   * is tiled in blocks.
   */
  public static OptionalDouble cycles(SketchState state, Stage product) {
    return BlockProduct.hasReuse(state, product)
        ? ProductCycles.least(state, product)
        : OptionalDouble.empty();
  }

  private static BlockPlan.Block tileAlone(SketchState state, Stage stage) {
    state.apply(new CacheWrite(stage.id()));
    Stage cache = state.stage(CacheWrite.cacheOf(stage.id()));
    return BlockPlan.of(state, state.stage(stage.id()), cache).orElseThrow().apply(state);
  }

  /** The reduction to tile: the one with the most work, where there are several. */
  private static Optional<Stage> producer(SketchState state, Stage stage) {
    return FreshProducers.of(state, stage)
        .filter(
            producer ->
                BlockProduct.hasReuse(state, producer)
                    && BlockPlan.of(state, stage, producer).isPresent())
        .max(Comparator.comparingDouble(ReductionShape::work));
  }
}
