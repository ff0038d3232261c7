package org.jtvmc.schedule;

import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.type.DType;

/** Counts the operations on elements. Conversions, and the arithmetic of indices, cost nothing. */
public final class FlopCount {

  private FlopCount() {}

  static double of(ComputeDag dag) {
    double total = 0;
    for (Stage stage : dag.stages()) {
      total += of(stage.op());
    }
    return total;
  }

  /** The operations of one stage. */
  public static double of(ComputeOp op) {
    double points = 1;
    for (Axis axis : op.axes()) {
      points *= axis.usualSize();
    }
    for (Axis axis : op.reduceAxes()) {
      points *= axis.usualSize();
    }
    return points * (perPoint(op.body()) + (op.isReduction() ? 1 : 0));
  }

  private static double perPoint(PrimExpr expr) {
    return switch (expr) {
      case IntImm _, FloatImm _, PrimVar _, Read _, Load _ -> 0;
      case Binary binary -> 1 + perPoint(binary.left()) + perPoint(binary.right());
      case Compare compare ->
          isIndex(compare.left()) ? 0 : 1 + perPoint(compare.left()) + perPoint(compare.right());
      case Not not -> perPoint(not.operand());
      case Select select ->
          perPoint(select.condition())
              + Math.max(perPoint(select.whenTrue()), perPoint(select.whenFalse()));
      case Cast cast -> perPoint(cast.value());
      case Reinterpret bits -> perPoint(bits.value());
      case Intrinsic intrinsic ->
          (intrinsic.op() == IntrinsicOp.FMA ? 2 : 1)
              + intrinsic.arguments().stream().mapToDouble(FlopCount::perPoint).sum();
    };
  }

  /** Conditions on indices say where padding is; they are decided outside of inner loops. */
  private static boolean isIndex(PrimExpr expr) {
    return expr.dtype().equals(DType.I64);
  }
}
