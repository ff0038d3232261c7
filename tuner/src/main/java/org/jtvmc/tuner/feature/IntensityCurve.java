package org.jtvmc.tuner.feature;

/**
 * Operations per distinct byte as the loops around a statement are taken in from the innermost
 * outwards, sampled at equal distances on a logarithmic scale of operations.
 */
final class IntensityCurve {

  private IntensityCurve() {}

  static void append(Statement statement, int samples, FeatureRow row) {
    int depth = statement.loops().size();
    double[] work = new double[depth + 1];
    double[] intensity = new double[depth + 1];
    for (int k = depth; k >= 0; k--) {
      double operations = Math.max(statement.flops(), 1) * statement.iterations(k, depth);
      double bytes = 0;
      for (Access access : statement.accesses()) {
        bytes += access.bytes(k);
      }
      work[depth - k] = FeatureRow.scale(operations);
      intensity[depth - k] = operations / bytes;
    }
    int at = 0;
    for (int sample = 1; sample <= samples; sample++) {
      double position = work[0] + (work[depth] - work[0]) * sample / samples;
      while (at < depth - 1 && work[at + 1] < position) {
        at++;
      }
      row.add(interpolate(work, intensity, at, position));
    }
  }

  private static double interpolate(double[] x, double[] y, int at, double position) {
    if (at + 1 >= x.length || x[at + 1] <= x[at]) {
      return y[Math.min(at + 1, y.length - 1)];
    }
    double share = Math.min(1, (position - x[at]) / (x[at + 1] - x[at]));
    return y[at] + share * (y[at + 1] - y[at]);
  }
}
