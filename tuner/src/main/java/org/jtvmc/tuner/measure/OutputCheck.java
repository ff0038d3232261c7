package org.jtvmc.tuner.measure;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/**
 * Compares candidates' outputs with the reference's. Floats may differ as another order of
 * summation makes them differ; integers may not, but for one unit where they were rounded from
 * floats.
 */
public final class OutputCheck {
  /** Elements that are compared at a time. */
  private static final int PIECE = 1 << 12;

  private final NDArray expected;
  private final double relative;
  private final double absolute;

  /**
   * A check against {@code expected}, which is not changed afterwards.
   *
   * @param fromFloats whether integers were rounded from floats
   */
  public OutputCheck(NDArray expected, boolean fromFloats) {
    this.expected = expected;
    DType dtype = expected.dtype();
    boolean wide = dtype.bits() >= 32 && !dtype.equals(DType.TF32);
    this.relative = dtype.isFloat() ? (wide ? 1e-3 : 2e-2) : 0;
    this.absolute =
        dtype.isFloat()
            ? (wide ? 1e-4 : 2e-2) * scale(expected)
            : fromFloats && dtype.isInteger() ? 1 : 0;
  }

  /**
   * Fills an output with what no kernel computes, so that an element that is not written shows: NaN
   * for floats, the bits 0xA5 for integers.
   */
  public static void poison(NDArray output) {
    output.data().fill(output.dtype().isFloat() ? (byte) 0xFF : (byte) 0xA5);
  }

  /** What is wrong with {@code actual}, in one sentence; empty where it is right. */
  public Optional<String> difference(NDArray actual) {
    if (expected.data().mismatch(actual.data()) < 0) {
      return Optional.empty();
    }
    if (expected.dtype().equals(DType.F32)) {
      return differenceOfFloats(actual);
    }
    for (long k = 0; k < expected.elements(); k++) {
      if (!isClose(actual.getDouble(k), expected.getDouble(k))) {
        return different(k, actual.getDouble(k), expected.getDouble(k));
      }
    }
    return Optional.empty();
  }

  /** Piece by piece in arrays: element by element in native memory takes ten times as long. */
  private Optional<String> differenceOfFloats(NDArray actual) {
    float[] want = new float[PIECE];
    float[] have = new float[PIECE];
    for (long start = 0; start < expected.elements(); start += PIECE) {
      int length = (int) Math.min(PIECE, expected.elements() - start);
      copy(expected, start, want, length);
      copy(actual, start, have, length);
      for (int k = 0; k < length; k++) {
        if (want[k] != have[k] && !isClose(have[k], want[k])) {
          return different(start + k, have[k], want[k]);
        }
      }
    }
    return Optional.empty();
  }

  private static void copy(NDArray from, long start, float[] into, int length) {
    MemorySegment.copy(
        from.data(), ValueLayout.JAVA_FLOAT_UNALIGNED, start * Float.BYTES, into, 0, length);
  }

  private boolean isClose(double have, double want) {
    if (!Double.isFinite(want)) {
      return Double.compare(want, have) == 0;
    }
    return Math.abs(want - have) <= absolute + relative * Math.abs(want);
  }

  private static Optional<String> different(long index, double have, double want) {
    return Optional.of("element %d is %s and must be %s".formatted(index, have, want));
  }

  /** The root of the mean square of what is finite, so that cancellation near zero is forgiven. */
  private static double scale(NDArray values) {
    double sum = 0;
    long finite = 0;
    for (long k = 0; k < values.elements(); k++) {
      double value = values.getDouble(k);
      if (Double.isFinite(value)) {
        sum += value * value;
        finite++;
      }
    }
    return finite == 0 ? 1 : Math.sqrt(sum / finite);
  }
}
