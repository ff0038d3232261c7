package org.jtvmc.ir.op.image;

import java.util.OptionalDouble;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.type.DType;

/**
 * A real number in double precision that follows from sizes: known when the model is compiled, or
 * computed when it runs.
 *
 * @param known empty where a size in it is open
 * @param expr of type {@code float64}
 */
record SizeNumber(OptionalDouble known, PrimExpr expr) {

  static SizeNumber of(double value) {
    return new SizeNumber(OptionalDouble.of(value), new FloatImm(DType.F64, value));
  }

  /**
   * @param size an {@code int64} expression
   */
  static SizeNumber of(PrimExpr size) {
    return size instanceof IntImm(_, long value) ? of(value) : open(size);
  }

  /**
   * @param expr that is known only at run time
   */
  static SizeNumber open(PrimExpr expr) {
    return new SizeNumber(OptionalDouble.empty(), expr.cast(DType.F64));
  }

  private boolean isKnownWith(SizeNumber other) {
    return known.isPresent() && other.known.isPresent();
  }

  SizeNumber minus(SizeNumber other) {
    return isKnownWith(other)
        ? of(known.getAsDouble() - other.known.getAsDouble())
        : open(expr.minus(other.expr));
  }

  SizeNumber times(SizeNumber other) {
    return isKnownWith(other)
        ? of(known.getAsDouble() * other.known.getAsDouble())
        : open(expr.times(other.expr));
  }

  SizeNumber dividedBy(SizeNumber other) {
    return isKnownWith(other)
        ? of(known.getAsDouble() / other.known.getAsDouble())
        : open(expr.dividedBy(other.expr));
  }

  /** Rounded to single precision. */
  SizeNumber rounded() {
    return known.isPresent()
        ? of((float) known.getAsDouble())
        : new SizeNumber(known, expr.cast(DType.F32).cast(DType.F64));
  }

  boolean is(double value) {
    return known.isPresent() && known.getAsDouble() == value;
  }

  /** True for a whole number of at least one. */
  boolean isWhole() {
    return known.isPresent()
        && known.getAsDouble() >= 1
        && known.getAsDouble() == Math.rint(known.getAsDouble());
  }

  /** The number as an expression of a floating-point type. */
  PrimExpr as(DType dtype) {
    return known.isPresent() ? new FloatImm(dtype, known.getAsDouble()) : expr.cast(dtype);
  }
}
