package org.jtvmc.codegen.pass;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.type.DType;

/** The conditions that guard the uneven ends of splits. */
final class Guard {
  private Guard() {}

  /** The parts of a conjunction. */
  static List<PrimExpr> conjuncts(PrimExpr condition) {
    List<PrimExpr> parts = new ArrayList<>();
    collect(condition, parts);
    return parts;
  }

  private static void collect(PrimExpr condition, List<PrimExpr> parts) {
    if (condition instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
        && op == BinaryOp.AND) {
      collect(left, parts);
      collect(right, parts);
    } else {
      parts.add(condition);
    }
  }

  /** The conjunction of the parts that are not plainly true; constant false where one is. */
  static PrimExpr remaining(PrimExpr condition, Simplifier simplifier) {
    PrimExpr rest = IntImm.TRUE;
    for (PrimExpr part : conjuncts(condition)) {
      Optional<Boolean> truth = simplifier.prove(part);
      if (truth.isEmpty()) {
        rest = rest.and(part);
      } else if (!truth.get()) {
        return IntImm.FALSE;
      }
    }
    return rest;
  }

  /** The form that is negative exactly where the comparison holds; empty where there is none. */
  static Optional<LinearForm> negativeForm(PrimExpr condition, Simplifier simplifier) {
    if (!(condition instanceof Compare(Compare.Op op, PrimExpr left, PrimExpr right))
        || !left.dtype().equals(DType.I64)) {
      return Optional.empty();
    }
    LinearForm difference = simplifier.linear(left).minus(simplifier.linear(right));
    return switch (op) {
      case LESS -> Optional.of(difference);
      case LESS_EQUAL -> Optional.of(difference.plus(-1));
      case GREATER -> Optional.of(difference.times(-1));
      case GREATER_EQUAL -> Optional.of(difference.times(-1).plus(-1));
      case EQUAL, NOT_EQUAL -> Optional.empty();
    };
  }
}
