package org.jtvmc.schedule.space;

import java.util.List;
import org.jtvmc.schedule.space.rule.FactorReduction;
import org.jtvmc.schedule.space.rule.InlineElementwise;
import org.jtvmc.schedule.space.rule.ReduceRows;
import org.jtvmc.schedule.space.rule.ReduceSerially;
import org.jtvmc.schedule.space.rule.TileDotProduct;
import org.jtvmc.schedule.space.rule.TileInMatrixUnit;
import org.jtvmc.schedule.space.rule.TileReduction;
import org.jtvmc.schedule.space.rule.TileReductionChain;
import org.jtvmc.schedule.space.rule.TileThroughCache;
import org.jtvmc.schedule.space.rule.TileTransforms;
import org.jtvmc.schedule.space.rule.TileWithConsumer;
import org.jtvmc.schedule.space.rule.TransposeTiles;
import org.jtvmc.schedule.space.rule.VectorizeElementwise;

/** What the schedules of a CPU are made of. */
public final class CpuRules {

  /** In the order in which they are tried. */
  public static final List<SketchRule> LIST =
      List.of(
          new InlineElementwise(),
          new TileTransforms(),
          new TileReductionChain(),
          new TileThroughCache(),
          new TileInMatrixUnit(),
          new TileDotProduct(),
          new TileWithConsumer(),
          new TileReduction(),
          new FactorReduction(),
          new ReduceRows(),
          new ReduceSerially(),
          new TransposeTiles(),
          new VectorizeElementwise());

  /** Those that keep no whole rows in memory of one thread's own, where rows may be of any size. */
  public static final List<SketchRule> WITHOUT_ROWS =
      List.of(
          new InlineElementwise(),
          new TileDotProduct(),
          new TileWithConsumer(),
          new TileReduction(),
          new ReduceSerially(),
          new VectorizeElementwise());

  private CpuRules() {}
}
