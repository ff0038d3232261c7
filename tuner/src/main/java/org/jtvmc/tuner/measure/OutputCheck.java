package org.jtvmc.tuner.measure;

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
    long elements = expected.elements();
    boolean f32 = expected.dtype().equals(DType.F32);
    for (long k = 0; k < elements; k++) {
      double want = f32 ? float32(expected, k) : expected.getDouble(k);
      double have = f32 ? float32(actual, k) : actual.getDouble(k);
      boolean close =
          want == have
              || Math.abs(want - have) <= absolute + relative * Math.abs(want)
              || (Double.isNaN(want) && Double.isNaN(have));
      if (!close) {
        return Optional.of("element %d is %s and must be %s".formatted(k, have, want));
      }
    }
    return Optional.empty();
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

  private static double float32(NDArray array, long index) {
    return array.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4);
  }
}
