package org.jtvmc.ir.interpret;

import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.type.DType;

/** A binary operation on integers or bools of one type. */
@FunctionalInterface
interface IntegerOperation {

  long apply(long left, long right);

  static IntegerOperation of(Reducer reducer, DType dtype) {
    return switch (reducer) {
      case SUM -> of(BinaryOp.ADD, dtype);
      case PRODUCT -> of(BinaryOp.MULTIPLY, dtype);
      case MAX -> of(BinaryOp.MAX, dtype);
      case MIN -> of(BinaryOp.MIN, dtype);
      case ALL -> of(BinaryOp.AND, dtype);
      case ANY -> of(BinaryOp.OR, dtype);
    };
  }

  static IntegerOperation of(BinaryOp op, DType dtype) {
    boolean unsigned = dtype.kind() == DType.Kind.UINT;
    IntegerOperation exact =
        switch (op) {
          case ADD -> (a, b) -> a + b;
          case SUBTRACT -> (a, b) -> a - b;
          case MULTIPLY -> (a, b) -> a * b;
          case DIVIDE -> unsigned ? Long::divideUnsigned : (a, b) -> a / b;
          case REMAINDER -> unsigned ? Long::remainderUnsigned : (a, b) -> a % b;
          case FLOOR_DIVIDE -> unsigned ? Long::divideUnsigned : Math::floorDiv;
          case FLOOR_MODULO -> unsigned ? Long::remainderUnsigned : Math::floorMod;
          case MIN -> unsigned ? (a, b) -> Long.compareUnsigned(a, b) <= 0 ? a : b : Math::min;
          case MAX -> unsigned ? (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b : Math::max;
          case AND, BIT_AND -> (a, b) -> a & b;
          case OR, BIT_OR -> (a, b) -> a | b;
          case BIT_XOR -> (a, b) -> a ^ b;
          case SHIFT_LEFT -> (a, b) -> b >= dtype.bits() ? 0 : a << b;
          case SHIFT_RIGHT ->
              unsigned ? (a, b) -> b >= dtype.bits() ? 0 : a >>> b : (a, b) -> a >> Math.min(b, 63);
        };
    return dtype.bits() == 64 ? exact : (a, b) -> Rounding.wrap(dtype, exact.apply(a, b));
  }
}
