package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/** A floating-point constant; {@code value} is rounded to {@code dtype} where it is used. */
public record FloatImm(DType dtype, double value) implements PrimExpr {

  public static FloatImm f32(double value) {
    return new FloatImm(DType.F32, value);
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
