package org.jtvmc.schedule;

import java.util.Optional;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Read;

/**
 * What has been decided of a stage beside its loops and its place.
 *
 * @param autoUnroll the greatest number of steps to which innermost loops are unrolled; 0 for none
 * @param order how its elements lie in memory while it is computed at a loop; empty for the order
 *     in which its loops make them
 * @param pipeline a loop of it that copies ahead; empty for none
 * @param joined the stage in whose launch on a GPU it is computed; empty for one of its own
 * @param before what stands for the element before the first along its last axis, where it reads
 *     its own elements: see {@link Stage#before}
 * @param scale what multiplies its sums before each part of the reduction: see {@link Stage#scale}
 */
record StageOptions(
    int autoUnroll,
    Optional<StorageOrder> order,
    Optional<Pipelining> pipeline,
    Optional<String> joined,
    Optional<PrimExpr> before,
    Optional<Read> scale) {
  static final StageOptions NONE =
      new StageOptions(
          0,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  StageOptions withAutoUnroll(int steps) {
    return new StageOptions(steps, order, pipeline, joined, before, scale);
  }

  StageOptions withOrder(StorageOrder other) {
    return new StageOptions(autoUnroll, Optional.of(other), pipeline, joined, before, scale);
  }

  StageOptions withPipeline(Pipelining other) {
    return new StageOptions(autoUnroll, order, Optional.of(other), joined, before, scale);
  }

  StageOptions withJoined(String producer) {
    return new StageOptions(autoUnroll, order, pipeline, Optional.of(producer), before, scale);
  }

  StageOptions withBefore(PrimExpr first) {
    return new StageOptions(autoUnroll, order, pipeline, joined, Optional.of(first), scale);
  }

  StageOptions withScale(Read factor) {
    return new StageOptions(autoUnroll, order, pipeline, joined, before, Optional.of(factor));
  }
}
