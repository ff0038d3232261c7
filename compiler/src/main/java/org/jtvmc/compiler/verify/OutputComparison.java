package org.jtvmc.compiler.verify;

import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;

/**
 * How far a result is from the expected one.
 *
 * @param name of the tensor
 * @param elements how many were compared
 * @param maxAbs the largest absolute difference; infinite where only one is finite
 * @param maxRel the largest difference relative to the expected element, or to the absolute
 *     tolerance where the element is smaller
 * @param wrong the elements that are further off than allowed
 */
public record OutputComparison(
    String name, long elements, double maxAbs, double maxRel, long wrong) {

  /**
   * What difference is allowed, as NumPy's {@code allclose} has it: {@code |a - e| <= atol + rtol *
   * |e|}.
   */
  public record Tolerance(double absolute, double relative) {
    public static final Tolerance DEFAULT = new Tolerance(1e-4, 1e-3);
  }

  /** Compares element by element; two NaNs, and two equal infinities, do not differ. */
  public static OutputComparison of(
      String name, NDArray actual, NDArray expected, Tolerance tolerance) {
    double maxAbs = 0;
    double maxRel = 0;
    long wrong = 0;
    long elements = expected.elements();
    if (actual.elements() != elements) {
      // There is more of one than of the other, which no tolerance allows.
      return new OutputComparison(
          name,
          elements,
          Double.POSITIVE_INFINITY,
          Double.POSITIVE_INFINITY,
          Math.max(1, elements));
    }
    if (expected.dtype().isString()) {
      long different =
          LongStream.range(0, elements)
              .filter(i -> !actual.text(i).equals(expected.text(i)))
              .count();
      double distance = different == 0 ? 0 : Double.POSITIVE_INFINITY;
      return new OutputComparison(name, elements, distance, distance, different);
    }
    for (long i = 0; i < elements; i++) {
      double a = actual.getDouble(i);
      double e = expected.getDouble(i);
      if (Double.compare(a, e) == 0 || a == e) {
        continue;
      }
      double difference = Math.abs(a - e);
      if (Double.isNaN(difference)) {
        difference = Double.POSITIVE_INFINITY;
      }
      maxAbs = Math.max(maxAbs, difference);
      double size = Math.max(Math.abs(e), Math.max(tolerance.absolute(), Float.MIN_NORMAL));
      maxRel = Math.max(maxRel, Double.isInfinite(difference) ? difference : difference / size);
      double allowed = tolerance.absolute() + tolerance.relative() * Math.abs(e);
      if (Double.isInfinite(difference) || !(difference <= allowed)) {
        wrong++;
      }
    }
    return new OutputComparison(name, elements, maxAbs, maxRel, wrong);
  }

  public boolean ok() {
    return wrong == 0;
  }
}
