package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/**
 * A scalar expression: the bodies of tensor expressions, and everything inside a loop nest.
 *
 * <p>Expressions are pure: evaluating one has no effect. Index arithmetic is {@code int64}. {@link
 * Read} occurs only in tensor expressions, {@link Load} only in loop IR.
 */
public sealed interface PrimExpr
    permits IntImm,
        FloatImm,
        PrimVar,
        Binary,
        Compare,
        Not,
        Select,
        Cast,
        Reinterpret,
        Intrinsic,
        Read,
        Load {

  DType dtype();

  default PrimExpr plus(PrimExpr other) {
    return Binary.of(BinaryOp.ADD, this, other);
  }

  default PrimExpr plus(long other) {
    return plus(IntImm.of(dtype(), other));
  }

  default PrimExpr minus(PrimExpr other) {
    return Binary.of(BinaryOp.SUBTRACT, this, other);
  }

  default PrimExpr minus(long other) {
    return minus(IntImm.of(dtype(), other));
  }

  default PrimExpr times(PrimExpr other) {
    return Binary.of(BinaryOp.MULTIPLY, this, other);
  }

  default PrimExpr times(long other) {
    return times(IntImm.of(dtype(), other));
  }

  /** Division: exact for floating point, rounding towards zero for integers (as in C). */
  default PrimExpr dividedBy(PrimExpr other) {
    return Binary.of(BinaryOp.DIVIDE, this, other);
  }

  /** Integer division rounding towards minus infinity. */
  default PrimExpr floorDiv(PrimExpr other) {
    return Binary.of(BinaryOp.FLOOR_DIVIDE, this, other);
  }

  default PrimExpr floorDiv(long other) {
    return floorDiv(IntImm.of(dtype(), other));
  }

  /** The remainder that belongs to {@link #floorDiv}: it has the divisor's sign. */
  default PrimExpr floorMod(PrimExpr other) {
    return Binary.of(BinaryOp.FLOOR_MODULO, this, other);
  }

  default PrimExpr floorMod(long other) {
    return floorMod(IntImm.of(dtype(), other));
  }

  default PrimExpr min(PrimExpr other) {
    return Binary.of(BinaryOp.MIN, this, other);
  }

  default PrimExpr max(PrimExpr other) {
    return Binary.of(BinaryOp.MAX, this, other);
  }

  default PrimExpr and(PrimExpr other) {
    return Binary.of(BinaryOp.AND, this, other);
  }

  default PrimExpr or(PrimExpr other) {
    return Binary.of(BinaryOp.OR, this, other);
  }

  default PrimExpr lessThan(PrimExpr other) {
    return Compare.of(Compare.Op.LESS, this, other);
  }

  default PrimExpr lessThan(long other) {
    return lessThan(IntImm.of(dtype(), other));
  }

  default PrimExpr atLeast(PrimExpr other) {
    return Compare.of(Compare.Op.GREATER_EQUAL, this, other);
  }

  default PrimExpr atLeast(long other) {
    return atLeast(IntImm.of(dtype(), other));
  }

  default PrimExpr equalTo(PrimExpr other) {
    return Compare.of(Compare.Op.EQUAL, this, other);
  }

  default PrimExpr cast(DType to) {
    return Cast.of(to, this);
  }
}
