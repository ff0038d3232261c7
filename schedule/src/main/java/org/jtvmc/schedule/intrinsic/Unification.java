package org.jtvmc.schedule.intrinsic;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.te.Tensor;

/** Finds what an intrinsic's placeholders stand for in an expression. */
public final class Unification {
  private final Map<Tensor, PrimExpr> operands = new IdentityHashMap<>();

  private Unification() {}

  /**
   * For each tensor that {@code pattern} reads the element (a {@link Read} or a {@link Load}) in
   * its place; empty where {@code expr} computes something else. The operands of sums and products
   * may be exchanged.
   */
  public static Optional<Map<Tensor, PrimExpr>> of(PrimExpr pattern, PrimExpr expr) {
    Unification unification = new Unification();
    return unification.unify(pattern, expr) ? Optional.of(unification.operands) : Optional.empty();
  }

  private boolean unify(PrimExpr pattern, PrimExpr expr) {
    if (!pattern.dtype().equals(expr.dtype())) {
      return false;
    }
    return switch (pattern) {
      case Read read ->
          (expr instanceof Read || expr instanceof Load)
              && operands.computeIfAbsent(read.tensor(), _ -> expr).equals(expr);
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) ->
          expr instanceof Binary other
              && other.op() == op
              && unifyOperands(op, List.of(left, right), other);
      case Cast(_, PrimExpr value) ->
          expr instanceof Cast(_, PrimExpr other) && unify(value, other);
      case Reinterpret(_, PrimExpr value) ->
          expr instanceof Reinterpret(_, PrimExpr other)
              && pattern.dtype().equals(expr.dtype())
              && unify(value, other);
      case Load _, IntImm _, FloatImm _, PrimVar _, Compare _, Not _, Select _, Intrinsic _ ->
          pattern.equals(expr);
    };
  }

  private boolean unifyOperands(BinaryOp op, List<PrimExpr> pattern, Binary expr) {
    Map<Tensor, PrimExpr> before = new IdentityHashMap<>(operands);
    if (unify(pattern.get(0), expr.left()) && unify(pattern.get(1), expr.right())) {
      return true;
    }
    operands.clear();
    operands.putAll(before);
    boolean commutes = op == BinaryOp.ADD || op == BinaryOp.MULTIPLY;
    return commutes && unify(pattern.get(0), expr.right()) && unify(pattern.get(1), expr.left());
  }
}
