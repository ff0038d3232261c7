package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/** The bits that memory holds of the value, read as another type of the same size. */
public record Reinterpret(DType dtype, PrimExpr value) implements PrimExpr {

  public Reinterpret {
    if (dtype.bytes() != value.dtype().bytes() || dtype.isBool() || value.dtype().isBool()) {
      throw new IllegalArgumentException(
          "the bits of a %s are no %s".formatted(value.dtype(), dtype));
    }
  }

  /** Builds the expression; the value itself where its type is the same already. */
  public static PrimExpr of(DType dtype, PrimExpr value) {
    return value.dtype().equals(dtype) ? value : new Reinterpret(dtype, value);
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
