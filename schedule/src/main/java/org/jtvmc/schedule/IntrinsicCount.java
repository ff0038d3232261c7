package org.jtvmc.schedule;

import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.te.ComputeOp;

/** Counts how often a function is called on elements. */
public final class IntrinsicCount {

  private IntrinsicCount() {}

  /** The calls of {@code function} in one run of all stages. */
  public static double of(ComputeDag dag, IntrinsicOp function) {
    return dag.stages().stream().mapToDouble(stage -> of(stage.op(), function)).sum();
  }

  private static double of(ComputeOp op, IntrinsicOp function) {
    return FlopCount.points(op) * calls(op.body(), function);
  }

  private static double calls(PrimExpr expr, IntrinsicOp function) {
    double own = expr instanceof Intrinsic call && call.op() == function ? 1 : 0;
    return own
        + PrimExprs.children(expr).stream().mapToDouble(child -> calls(child, function)).sum();
  }
}
