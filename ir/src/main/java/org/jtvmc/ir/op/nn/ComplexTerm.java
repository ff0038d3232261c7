package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.PrimExpr;

/**
 * A complex number as two expressions. What several results need is one object, so that it is
 * computed once where they are computed together.
 */
record ComplexTerm(PrimExpr re, PrimExpr im) {

  private static final double NEGLIGIBLE = 1e-12;

  ComplexTerm plus(ComplexTerm other) {
    return new ComplexTerm(re.plus(other.re), im.plus(other.im));
  }

  ComplexTerm minus(ComplexTerm other) {
    return new ComplexTerm(re.minus(other.re), im.minus(other.im));
  }

  /** This plus {@code sign} times i times the other. */
  private ComplexTerm plusTurned(int sign, ComplexTerm other) {
    return sign > 0
        ? new ComplexTerm(re.minus(other.im), im.plus(other.re))
        : new ComplexTerm(re.plus(other.im), im.minus(other.re));
  }

  /** Times {@code e^(2 pi i turns)}, times {@code scale}. */
  ComplexTerm turned(double turns, double scale) {
    double cos = scale * Math.cos(2 * Math.PI * turns);
    double sin = scale * Math.sin(2 * Math.PI * turns);
    if (Math.abs(sin) < NEGLIGIBLE) {
      return new ComplexTerm(times(re, cos), times(im, cos));
    }
    if (Math.abs(cos) < NEGLIGIBLE) {
      return new ComplexTerm(times(im, -sin), times(re, sin));
    }
    return new ComplexTerm(
        times(re, cos).minus(times(im, sin)), times(re, sin).plus(times(im, cos)));
  }

  private static PrimExpr times(PrimExpr value, double factor) {
    return Math.abs(factor - 1) < NEGLIGIBLE
        ? value
        : value.times(new FloatImm(value.dtype(), factor));
  }

  /**
   * The discrete Fourier transform {@code X[k] = sum over n of x[n] e^(sign 2 pi i n k / N)} of a
   * power of two, by decimation in time with radix 4. Cooley and Tukey, "An algorithm for the
   * machine calculation of complex Fourier series", 1965.
   */
  static List<ComplexTerm> transform(List<ComplexTerm> values, int sign) {
    int count = values.size();
    if (count == 1) {
      return values;
    }
    int radix = count % 4 == 0 ? 4 : 2;
    int length = count / radix;
    List<List<ComplexTerm>> parts = new ArrayList<>();
    for (int r = 0; r < radix; r++) {
      List<ComplexTerm> every = new ArrayList<>();
      for (int n = r; n < count; n += radix) {
        every.add(values.get(n));
      }
      parts.add(transform(every, sign));
    }
    List<List<ComplexTerm>> combined = new ArrayList<>();
    for (int k = 0; k < length; k++) {
      List<ComplexTerm> terms = new ArrayList<>();
      for (int r = 0; r < radix; r++) {
        terms.add(parts.get(r).get(k).turned(sign * (double) (r * k) / count, 1));
      }
      combined.add(radix == 4 ? ofFour(terms, sign) : ofTwo(terms));
    }
    List<ComplexTerm> result = new ArrayList<>();
    for (int q = 0; q < radix; q++) {
      for (int k = 0; k < length; k++) {
        result.add(combined.get(k).get(q));
      }
    }
    return result;
  }

  private static List<ComplexTerm> ofTwo(List<ComplexTerm> x) {
    return List.of(x.get(0).plus(x.get(1)), x.get(0).minus(x.get(1)));
  }

  private static List<ComplexTerm> ofFour(List<ComplexTerm> x, int sign) {
    ComplexTerm evenSum = x.get(0).plus(x.get(2));
    ComplexTerm evenDifference = x.get(0).minus(x.get(2));
    ComplexTerm oddSum = x.get(1).plus(x.get(3));
    ComplexTerm oddDifference = x.get(1).minus(x.get(3));
    return List.of(
        evenSum.plus(oddSum),
        evenDifference.plusTurned(sign, oddDifference),
        evenSum.minus(oddSum),
        evenDifference.plusTurned(-sign, oddDifference));
  }
}
