package org.jtvmc.schedule.space;

import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;

/**
 * What it takes to compute one element again, index arithmetic apart.
 *
 * @param reads elements of other tensors
 * @param simple operations of about one instruction
 * @param dear functions and divisions: ten instructions or more
 * @param guards conditions
 */
public record BodyCost(int reads, int simple, int dear, int guards) {

  private static final BodyCost NOTHING = new BodyCost(0, 0, 0, 0);

  public static BodyCost of(PrimExpr body) {
    return switch (body) {
      case IntImm _, FloatImm _, PrimVar _ -> NOTHING;
      // Indices are arithmetic of addresses, not of elements.
      case Read _, Load _ -> new BodyCost(1, 0, 0, 0);
      case Select select ->
          of(select.whenTrue()).plus(of(select.whenFalse())).plus(new BodyCost(0, 0, 0, 1));
      case Intrinsic intrinsic -> ofChildren(intrinsic).plus(cost(intrinsic.op()));
      case Binary binary when !binary.dtype().isFloat() && !containsRead(binary) -> NOTHING;
      case Binary binary ->
          ofChildren(binary)
              .plus(
                  binary.op() == BinaryOp.DIVIDE || binary.op() == BinaryOp.REMAINDER
                      ? new BodyCost(0, 0, 1, 0)
                      : new BodyCost(0, 1, 0, 0));
      case Compare _, Not _, Cast _, Reinterpret _ ->
          ofChildren(body).plus(new BodyCost(0, 1, 0, 0));
    };
  }

  private static boolean containsRead(PrimExpr expr) {
    return expr instanceof Read
        || expr instanceof Load
        || PrimExprs.children(expr).stream().anyMatch(BodyCost::containsRead);
  }

  private static BodyCost ofChildren(PrimExpr expr) {
    return PrimExprs.children(expr).stream().map(BodyCost::of).reduce(NOTHING, BodyCost::plus);
  }

  private static BodyCost cost(IntrinsicOp op) {
    return switch (op) {
      case ABS, FLOOR, CEIL, ROUND, TRUNC, SIGN, IS_NAN, IS_INF, FMA -> new BodyCost(0, 1, 0, 0);
      case EXP,
          EXP2,
          EXPM1,
          LOG,
          LOG1P,
          LOG2,
          SQRT,
          RSQRT,
          TANH,
          SIGMOID,
          ERF,
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          SINH,
          COSH,
          ASINH,
          ACOSH,
          ATANH,
          POW ->
          new BodyCost(0, 0, 1, 0);
    };
  }

  private BodyCost plus(BodyCost other) {
    return new BodyCost(
        reads + other.reads, simple + other.simple, dear + other.dear, guards + other.guards);
  }

  /** One element moved, or a constant. */
  public boolean isDataMovement() {
    return reads <= 1 && simple == 0 && dear == 0 && guards == 0;
  }

  /** One element moved where a condition holds: padding. */
  public boolean isGuardedMovement() {
    return reads <= 1 && simple == 0 && dear == 0 && guards > 0;
  }

  public boolean isDear() {
    return dear > 0;
  }

  /** About how many instructions one element takes. */
  public int instructions() {
    return reads + simple + guards + 12 * dear;
  }
}
