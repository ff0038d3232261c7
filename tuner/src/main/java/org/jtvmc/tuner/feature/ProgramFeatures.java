package org.jtvmc.tuner.feature;

import java.util.Arrays;

/**
 * The features of a program: one row for each of its store statements, row-major, {@link
 * FeatureExtractor#LENGTH} columns.
 */
public final class ProgramFeatures {
  private final int columns;
  private final float[] values;

  /** Takes {@code values} over; its length is a multiple of {@code columns}. */
  public ProgramFeatures(int columns, float[] values) {
    if (values.length == 0 || values.length % columns != 0) {
      throw new IllegalArgumentException(
          "%d values are no rows of %d columns".formatted(values.length, columns));
    }
    this.columns = columns;
    this.values = values;
  }

  public int rows() {
    return values.length / columns;
  }

  public int columns() {
    return columns;
  }

  public float at(int row, int column) {
    return values[row * columns + column];
  }

  /** Copies one row to {@code destination} from {@code offset} on. */
  public void copyRowTo(int row, float[] destination, int offset) {
    System.arraycopy(values, row * columns, destination, offset, columns);
  }

  /** The same rows with these columns alone, in this order. */
  public ProgramFeatures select(int[] chosen) {
    float[] selected = new float[rows() * chosen.length];
    int at = 0;
    for (int row = 0; row < rows(); row++) {
      for (int column : chosen) {
        selected[at++] = values[row * columns + column];
      }
    }
    return new ProgramFeatures(chosen.length, selected);
  }

  /** Copies all rows to {@code destination} from {@code offset} on. */
  public void copyTo(float[] destination, int offset) {
    System.arraycopy(values, 0, destination, offset, values.length);
  }

  @Override
  public String toString() {
    return "features "
        + rows()
        + "x"
        + columns
        + " "
        + Integer.toHexString(Arrays.hashCode(values));
  }
}
