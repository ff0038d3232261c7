package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/** A scalar variable: a loop's index or a size that is known at run time. Equal only to itself. */
public final class PrimVar implements PrimExpr {
  private final String name;
  private final DType dtype;

  public PrimVar(String name, DType dtype) {
    this.name = name;
    this.dtype = dtype;
  }

  /** An {@code int64} variable. */
  public static PrimVar index(String name) {
    return new PrimVar(name, DType.I64);
  }

  /** A hint for printing; different variables may carry the same one. */
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public String toString() {
    return name;
  }
}
