package org.jtvmc.ir.te;

import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.type.DType;

/** A commutative, associative combination of values, with its neutral element. */
public enum Reducer {
  SUM(BinaryOp.ADD),
  PRODUCT(BinaryOp.MULTIPLY),
  MAX(BinaryOp.MAX),
  MIN(BinaryOp.MIN),
  ALL(BinaryOp.AND),
  ANY(BinaryOp.OR);

  private final BinaryOp op;

  Reducer(BinaryOp op) {
    this.op = op;
  }

  /** The operation that combines two values. */
  public BinaryOp op() {
    return op;
  }

  /** {@code accumulated op value}. */
  public PrimExpr combine(PrimExpr accumulated, PrimExpr value) {
    return Binary.of(op, accumulated, value);
  }

  /** The value that combines with any {@code x} to {@code x}. */
  public PrimExpr identity(DType dtype) {
    return switch (this) {
      case SUM -> IntImm.of(dtype, 0);
      case PRODUCT -> IntImm.of(dtype, 1);
      case ALL -> IntImm.TRUE;
      case ANY -> IntImm.FALSE;
      case MAX ->
          dtype.isFloat()
              ? new FloatImm(dtype, Double.NEGATIVE_INFINITY)
              : IntImm.of(dtype, smallest(dtype));
      case MIN ->
          dtype.isFloat()
              ? new FloatImm(dtype, Double.POSITIVE_INFINITY)
              : IntImm.of(dtype, largest(dtype));
    };
  }

  private static long smallest(DType dtype) {
    return dtype.kind() == DType.Kind.INT ? -1L << (dtype.bits() - 1) : 0;
  }

  private static long largest(DType dtype) {
    long ones = -1L >>> (64 - dtype.bits());
    return dtype.kind() == DType.Kind.INT ? ones >>> 1 : ones;
  }
}
