package org.jtvmc.ir.interpret;

import java.util.function.DoubleBinaryOperator;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.type.DType;

/** A commutative operation by which reductions combine floats of one type. */
@FunctionalInterface
interface RealCombination {

  double apply(double left, double right);

  static RealCombination of(BinaryOp op, DType dtype) {
    DoubleBinaryOperator exact =
        switch (op) {
          case ADD -> (a, b) -> a + b;
          case MULTIPLY -> (a, b) -> a * b;
          case MIN -> Math::min;
          case MAX -> Math::max;
          case SUBTRACT,
              DIVIDE,
              REMAINDER,
              FLOOR_DIVIDE,
              FLOOR_MODULO,
              AND,
              OR,
              BIT_AND,
              BIT_OR,
              BIT_XOR,
              SHIFT_LEFT,
              SHIFT_RIGHT ->
              throw new IllegalArgumentException("'" + op.symbol() + "' is no reduction of floats");
        };
    return (a, b) -> Rounding.round(dtype, exact.applyAsDouble(a, b));
  }
}
