package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/**
 * The value converted to another type: float to integer rounds towards zero, integer narrowing
 * keeps the low bits, anything to bool compares with zero, float narrowing rounds to nearest even.
 */
public record Cast(DType dtype, PrimExpr value) implements PrimExpr {

  /** Builds the conversion; none where the type is the same already. */
  public static PrimExpr of(DType dtype, PrimExpr value) {
    if (value.dtype().equals(dtype)) {
      return value;
    }
    if (value instanceof IntImm imm && imm.dtype().kind() != DType.Kind.UINT) {
      if (dtype.isFloat() || dtype.equals(DType.I64)) {
        return IntImm.of(dtype, imm.value());
      }
    }
    return new Cast(dtype, value);
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
