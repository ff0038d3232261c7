package org.jtvmc.tuner.feature;

/** Appends features one after the other on the scale {@code sign(x) log2(|x| + 1)}. */
final class FeatureRow {
  private static final double LOG2 = Math.log(2);
  private static final double SCALED_ONE = Math.log1p(1) / LOG2;

  private final float[] values;
  private int next;

  FeatureRow(float[] values) {
    this.values = values;
  }

  void add(double value) {
    values[next++] = (float) scale(value);
  }

  void skip(int columns) {
    next += columns;
  }

  void addOneHot(int chosen, int choices) {
    for (int k = 0; k < choices; k++) {
      add(k == chosen ? 1 : 0);
    }
  }

  static double scale(double value) {
    // Most features are one of these, and a logarithm takes long.
    if (value == 0) {
      return value;
    }
    if (value == 1) {
      return SCALED_ONE;
    }
    return Math.signum(value) * Math.log1p(Math.abs(value)) / LOG2;
  }
}
