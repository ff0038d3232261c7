package org.jtvmc.ir.te;

import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Sizes;

/** An index of a tensor expression: {@code var} takes every value of {@code [0, extent)}. */
public record Axis(PrimVar var, PrimExpr extent) {

  public static Axis of(String name, PrimExpr extent) {
    return new Axis(PrimVar.index(name), extent);
  }

  public static Axis of(String name, long extent) {
    return of(name, IntImm.of(extent));
  }

  /**
   * The extent as a number.
   *
   * @throws IllegalStateException where the extent is known only at run time
   */
  public long size() {
    if (extent instanceof IntImm imm) {
      return imm.value();
    }
    throw new IllegalStateException("axis " + var + " has no fixed extent: " + extent);
  }

  /** The extent, the usual one where it is known only at run time. */
  public long usualSize() {
    return Sizes.usual(extent);
  }

  @Override
  public String toString() {
    return var + " in 0.." + extent;
  }
}
