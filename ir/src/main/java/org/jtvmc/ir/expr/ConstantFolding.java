package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/** The folding that construction does: integer constants and neutral elements, nothing deeper. */
final class ConstantFolding {

  private ConstantFolding() {}

  /** The folded expression, or null where nothing folds. */
  static PrimExpr binary(BinaryOp op, PrimExpr left, PrimExpr right) {
    DType dtype = left.dtype();
    if (dtype.isBool()) {
      return logical(op, left, right);
    }
    if (!dtype.equals(DType.I64) && !dtype.equals(DType.I32)) {
      return null;
    }
    if (left instanceof IntImm a && right instanceof IntImm b) {
      Long value = evaluate(op, a.value(), b.value());
      return value == null
          ? null
          : new IntImm(dtype, dtype.bits() == 32 ? value.intValue() : value);
    }
    return neutral(op, left, right);
  }

  private static PrimExpr logical(BinaryOp op, PrimExpr left, PrimExpr right) {
    return switch (op) {
      case AND -> {
        if (IntImm.is(left, 0) || IntImm.is(right, 1)) {
          yield left;
        }
        yield IntImm.is(right, 0) || IntImm.is(left, 1) ? right : null;
      }
      case OR -> {
        if (IntImm.is(left, 1) || IntImm.is(right, 0)) {
          yield left;
        }
        yield IntImm.is(right, 1) || IntImm.is(left, 0) ? right : null;
      }
      case ADD,
          SUBTRACT,
          MULTIPLY,
          DIVIDE,
          REMAINDER,
          FLOOR_DIVIDE,
          FLOOR_MODULO,
          MIN,
          MAX,
          BIT_AND,
          BIT_OR,
          BIT_XOR,
          SHIFT_LEFT,
          SHIFT_RIGHT ->
          null;
    };
  }

  private static PrimExpr neutral(BinaryOp op, PrimExpr left, PrimExpr right) {
    return switch (op) {
      case ADD -> IntImm.is(right, 0) ? left : IntImm.is(left, 0) ? right : null;
      case SUBTRACT -> IntImm.is(right, 0) ? left : null;
      case MULTIPLY -> {
        if (IntImm.is(right, 1) || IntImm.is(left, 0)) {
          yield left;
        }
        yield IntImm.is(left, 1) || IntImm.is(right, 0) ? right : null;
      }
      case DIVIDE, FLOOR_DIVIDE -> IntImm.is(right, 1) ? left : null;
      case FLOOR_MODULO, REMAINDER -> IntImm.is(right, 1) ? new IntImm(left.dtype(), 0) : null;
      case MIN, MAX -> left.equals(right) ? left : null;
      case AND, OR, BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT, SHIFT_RIGHT -> null;
    };
  }

  private static Long evaluate(BinaryOp op, long a, long b) {
    return switch (op) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> b == 0 ? null : Long.valueOf(a / b);
      case REMAINDER -> b == 0 ? null : Long.valueOf(a % b);
      case FLOOR_DIVIDE -> b == 0 ? null : Long.valueOf(Math.floorDiv(a, b));
      case FLOOR_MODULO -> b == 0 ? null : Long.valueOf(Math.floorMod(a, b));
      case MIN -> Math.min(a, b);
      case MAX -> Math.max(a, b);
      case BIT_AND -> a & b;
      case BIT_OR -> a | b;
      case BIT_XOR -> a ^ b;
      case AND, OR, SHIFT_LEFT, SHIFT_RIGHT -> null;
    };
  }
}
