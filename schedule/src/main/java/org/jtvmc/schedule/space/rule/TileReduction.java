package org.jtvmc.schedule.space.rule;

import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheWrite;

/**
 * Multi-level tiling of a reduction with reuse that has no elementwise consumer to be tiled with:
 * it computes into a cache, and the copy out of the cache takes the consumer's place.
 */
public final class TileReduction implements SketchRule {

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isReduction()
        && stage.isRoot()
        && stage.isFresh()
        && ReductionShape.of(state, stage).isTileable();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    state.apply(new CacheWrite(stage.id()));
    String cache = CacheWrite.cacheOf(stage.id());
    TilePlan.of(state, state.stage(stage.id()), state.stage(cache)).orElseThrow().apply(state);
  }
}
