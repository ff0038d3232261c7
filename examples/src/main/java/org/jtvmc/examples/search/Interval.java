package org.jtvmc.examples.search;

import java.util.List;
import java.util.Locale;

/**
 * A mean, and how far the true one may lie from it with a probability of 95 %, by Student's
 * distribution: what few seeds can say.
 *
 * @param halfWidth infinite for a single value
 */
record Interval(double mean, double halfWidth) {
  /** Quantiles for 97.5 % with 1, 2, 3 ... degrees of freedom. */
  private static final List<Double> STUDENT =
      List.of(
          12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179,
          2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060,
          2.056, 2.052, 2.048, 2.045, 2.042);

  private static final double NORMAL = 1.96;

  static Interval of(List<Double> values) {
    int n = values.size();
    double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    if (n < 2) {
      return new Interval(mean, Double.POSITIVE_INFINITY);
    }
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    double quantile = n - 2 < STUDENT.size() ? STUDENT.get(n - 2) : NORMAL;
    return new Interval(mean, quantile * Math.sqrt(squares / (n - 1) / n));
  }

  /** Whether 0 lies outside. */
  boolean isSignificant() {
    return Math.abs(mean) > halfWidth;
  }

  /** With {@code digits} behind the point. */
  String text(int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f ± %." + digits + "f", mean, halfWidth);
  }
}
