package org.jtvmc.ir.arith;

import java.util.List;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Select;

/** The value of an index expression: the plainest reference for the simplifier. */
final class Evaluation {

  private Evaluation() {}

  static long of(PrimExpr expr, List<PrimVar> variables, List<Long> values) {
    return switch (expr) {
      case IntImm imm -> imm.value();
      case PrimVar variable -> values.get(variables.indexOf(variable));
      case Binary binary -> {
        long left = of(binary.left(), variables, values);
        long right = of(binary.right(), variables, values);
        yield switch (binary.op()) {
          case ADD -> left + right;
          case SUBTRACT -> left - right;
          case MULTIPLY -> left * right;
          case FLOOR_DIVIDE -> Math.floorDiv(left, right);
          case FLOOR_MODULO -> Math.floorMod(left, right);
          case MIN -> Math.min(left, right);
          case MAX -> Math.max(left, right);
          case AND -> left & right;
          case OR -> left | right;
          case DIVIDE, REMAINDER, BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT, SHIFT_RIGHT ->
              throw new IllegalArgumentException(expr.toString());
        };
      }
      case Compare compare -> {
        int sign =
            Long.compare(
                of(compare.left(), variables, values), of(compare.right(), variables, values));
        boolean holds =
            switch (compare.op()) {
              case EQUAL -> sign == 0;
              case NOT_EQUAL -> sign != 0;
              case LESS -> sign < 0;
              case LESS_EQUAL -> sign <= 0;
              case GREATER -> sign > 0;
              case GREATER_EQUAL -> sign >= 0;
            };
        yield holds ? 1 : 0;
      }
      case Not not -> 1 - of(not.operand(), variables, values);
      case Select select ->
          of(select.condition(), variables, values) != 0
              ? of(select.whenTrue(), variables, values)
              : of(select.whenFalse(), variables, values);
      case PrimExpr _ -> throw new IllegalArgumentException(expr.toString());
    };
  }
}
