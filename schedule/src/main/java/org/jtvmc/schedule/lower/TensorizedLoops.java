package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
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
    Map<PrimVar, Long> extents = new HashMap<>();
    Set<PrimVar> shorter = new HashSet<>();
    for (StageNest.Leaf leaf : nest.leaves.subList(nest.tensorized, nest.leaves.size())) {
      List<PrimVar> own = leaf.loop().isReduce() ? reduced : spatial;
      ComputeOp computes = intrinsic.computes();
      Axis axis =
          (leaf.loop().isReduce() ? computes.reduceAxes() : computes.axes()).get(own.size());
      if (!intrinsic.fits(axis, leaf.extent()) || leaf.var() == null) {
        throw refused(
            nest, intrinsic, "loop '%s' runs %d times".formatted(leaf.loop().id(), leaf.extent()));
      }
      if (nest.hosting.contains(leaf.loop().id())) {
        throw refused(nest, intrinsic, "a stage is computed in loop " + leaf.loop().id());
      }
      own.add(leaf.var());
      extents.put(leaf.var(), leaf.extent());
      if (!leaf.loop().isReduce() && intrinsic.shorter().contains(axis)) {
        shorter.add(leaf.var());
      }
    }
    List<PrimVar> all = new ArrayList<>(spatial);
    all.addAll(reduced);
    PrimExpr condition = IntImm.TRUE;
    for (StageNest.Guard guard : nest.guards) {
      boolean endsEarly =
          nest.host().isPresent()
              && all.stream()
                  .filter(var -> PrimExprs.uses(guard.condition(), var))
                  .allMatch(shorter::contains);
      if (guard.depth() >= nest.tensorized && !endsEarly) {
        throw refused(nest, intrinsic, "not all iterations run: " + guard.condition());
      }
      if (guard.depth() >= nest.tensorized) {
        condition = condition.and(guard.condition());
      }
    }
    try {
      TileMatch.Loops loops = new TileMatch.Loops(spatial, reduced, extents, condition);
      return TileMatch.of(intrinsic, loops, result, value, simplifier);
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
