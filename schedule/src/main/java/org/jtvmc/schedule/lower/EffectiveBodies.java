package org.jtvmc.schedule.lower;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;

/**
 * What each stage computes once inlined stages stand in their readers and copies are read in place
 * of originals.
 *
 * <p>Bodies are simplified here, in terms of the operation's axes and their exact ranges: the loops
 * of an uneven split run beyond those, and would hide that a division is exact.
 */
final class EffectiveBodies {
  private final Map<Tensor, Stage> inlined = new IdentityHashMap<>();
  private final Map<Tensor, PrimExpr> inlinedBodies = new IdentityHashMap<>();

  EffectiveBodies(Schedule schedule) {
    for (Stage stage : schedule.stages()) {
      if (stage.isInlined()) {
        inlined.put(stage.tensor(), stage);
      }
    }
  }

  PrimExpr of(Stage stage) {
    PrimExpr body = redirected(stage, withInlined(stage.op().body()));
    VarRanges ranges = new VarRanges();
    for (Axis axis : stage.op().axes()) {
      ranges.with(axis.var(), axis.size());
    }
    for (Axis axis : stage.op().reduceAxes()) {
      ranges.with(axis.var(), axis.size());
    }
    return new Simplifier(ranges).simplify(body);
  }

  private PrimExpr withInlined(PrimExpr body) {
    if (inlined.isEmpty()) {
      return body;
    }
    return PrimExprs.rewrite(
        body,
        node ->
            node instanceof Read read && inlined.containsKey(read.tensor())
                ? at(inlined.get(read.tensor()), read.indices())
                : node);
  }

  private PrimExpr at(Stage stage, List<PrimExpr> indices) {
    PrimExpr body = inlinedBodies.get(stage.tensor());
    if (body == null) {
      body = redirected(stage, withInlined(stage.op().body()));
      inlinedBodies.put(stage.tensor(), body);
    }
    ComputeOp op = stage.op();
    Map<PrimVar, PrimExpr> values = new HashMap<>();
    for (int i = 0; i < indices.size(); i++) {
      values.put(op.axes().get(i).var(), indices.get(i));
    }
    return PrimExprs.substitute(body, values);
  }

  private static PrimExpr redirected(Stage stage, PrimExpr body) {
    if (stage.redirects().isEmpty()) {
      return body;
    }
    return PrimExprs.rewrite(
        body,
        node -> {
          if (node instanceof Read read) {
            Tensor copy = stage.redirects().get(read.tensor());
            return copy == null ? node : new Read(copy, read.indices());
          }
          return node;
        });
  }
}
