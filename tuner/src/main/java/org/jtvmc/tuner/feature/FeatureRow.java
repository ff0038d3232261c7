package org.jtvmc.tuner.feature;

/** Appends features one after the other on the scale {@code sign(x) log2(|x| + 1)}. */
final class FeatureRow {
  private static final double LOG2 = Math.log(2);

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
    return Math.signum(value) * Math.log1p(Math.abs(value)) / LOG2;
  }
}
