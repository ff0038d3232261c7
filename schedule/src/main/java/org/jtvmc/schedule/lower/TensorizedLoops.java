package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.intrinsic.TensorIntrinsic;
import org.jtvmc.schedule.intrinsic.TensorIntrinsics;
import org.jtvmc.schedule.intrinsic.TileMatch;

/** The loops of a nest whose work an intrinsic does. */
final class TensorizedLoops {

  private TensorizedLoops() {}

  /**
   * The intrinsic's operands in these loops.
   *
   * @param result the element that an iteration computes
   * @param value what it adds to that
   * @throws ScheduleException where the loops are not what the intrinsic computes
   */
  static TileMatch match(StageNest nest, Load result, PrimExpr value, Simplifier simplifier) {
    IterVar outermost = nest.leaves.get(nest.tensorized).loop();
    TensorIntrinsic intrinsic =
        TensorIntrinsics.find(outermost.intrinsic().orElseThrow()).orElseThrow();
    List<PrimVar> spatial = new ArrayList<>();
    List<PrimVar> reduced = new ArrayList<>();
    for (StageNest.Leaf leaf : nest.leaves.subList(nest.tensorized, nest.leaves.size())) {
      if (leaf.extent() != leaf.loop().extent() || leaf.var() == null) {
        throw refused(
            nest, intrinsic, "loop '%s' runs %d times".formatted(leaf.loop().id(), leaf.extent()));
      }
      if (nest.hosting.contains(leaf.loop().id())) {
        throw refused(nest, intrinsic, "a stage is computed in loop " + leaf.loop().id());
      }
      (leaf.loop().isReduce() ? reduced : spatial).add(leaf.var());
    }
    for (StageNest.Guard guard : nest.guards) {
      if (guard.depth() >= nest.tensorized) {
        throw refused(nest, intrinsic, "not all iterations run: " + guard.condition());
      }
    }
    try {
      return TileMatch.of(intrinsic, spatial, reduced, result, value, simplifier);
    } catch (TileMatch.Mismatch mismatch) {
      throw refused(nest, intrinsic, mismatch.getMessage());
    }
  }

  private static ScheduleException refused(
      StageNest nest, TensorIntrinsic intrinsic, String reason) {
    return new ScheduleException(
        "intrinsic '%s' cannot compute stage '%s': %s"
            .formatted(intrinsic.name(), nest.stage.id(), reason),
        nest.stage,
        nest.leaves.get(nest.tensorized).loop().id());
  }
}
