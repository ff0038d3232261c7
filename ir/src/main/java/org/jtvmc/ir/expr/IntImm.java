package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/** An integer or boolean constant. An unsigned 64-bit value is held by its bits. */
public record IntImm(DType dtype, long value) implements PrimExpr {

  public static final IntImm TRUE = new IntImm(DType.BOOL, 1);
  public static final IntImm FALSE = new IntImm(DType.BOOL, 0);

  /** An {@code int64} constant: the type of all index arithmetic. */
  public static IntImm of(long value) {
    return new IntImm(DType.I64, value);
  }

  /** A constant of any type: a {@link FloatImm} where {@code dtype} is floating point. */
  public static PrimExpr of(DType dtype, long value) {
    return dtype.isFloat() ? new FloatImm(dtype, value) : new IntImm(dtype, value);
  }

  public static IntImm of(boolean value) {
    return value ? TRUE : FALSE;
  }

  /** True where {@code expr} is the integer or boolean constant {@code value}. */
  public static boolean is(PrimExpr expr, long value) {
    return expr instanceof IntImm imm && imm.value == value;
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
