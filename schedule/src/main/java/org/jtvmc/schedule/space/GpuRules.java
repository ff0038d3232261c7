package org.jtvmc.schedule.space;

import java.util.List;
import org.jtvmc.schedule.space.rule.BindThreads;
import org.jtvmc.schedule.space.rule.ChainInBlocks;
import org.jtvmc.schedule.space.rule.FactorAcrossBlocks;
import org.jtvmc.schedule.space.rule.InlineElementwise;
import org.jtvmc.schedule.space.rule.ReduceInThreads;
import org.jtvmc.schedule.space.rule.ReduceRowsTogether;
import org.jtvmc.schedule.space.rule.TileInBlocks;
import org.jtvmc.schedule.space.rule.TransposeInBlocks;

/** What the schedules of a GPU are made of. */
public final class GpuRules {

  /** In the order in which they are tried; the last takes every stage that is left. */
  public static final List<SketchRule> LIST =
      List.of(
          new InlineElementwise(),
          new FactorAcrossBlocks(),
          new ReduceInThreads(),
          new ChainInBlocks(),
          new TileInBlocks(),
          new ReduceRowsTogether(),
          new TransposeInBlocks(),
          new BindThreads());

  /** A thread for each element of each stage. */
  static final List<SketchRule> PLAIN = List.of(new BindThreads());

  private GpuRules() {}
}
