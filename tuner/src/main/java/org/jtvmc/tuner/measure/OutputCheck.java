package org.jtvmc.tuner.measure;

import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/**
 * Compares a candidate's output with the reference's. Floats may differ as another order of
 * summation makes them differ; integers may not, but for one unit where they were rounded from
 * floats.
 */
public final class OutputCheck {

  private OutputCheck() {}

  /**
   * Fills an output with what no kernel computes, so that an element that is not written shows: NaN
   * for floats, the bits 0xA5 for integers.
   */
  public static void poison(NDArray output) {
    output.data().fill(output.dtype().isFloat() ? (byte) 0xFF : (byte) 0xA5);
  }

  /** What is wrong with {@code actual}, in one sentence; empty where it is right. */
  public static Optional<String> difference(NDArray expected, NDArray actual, boolean fromFloats) {
    if (expected.data().mismatch(actual.data()) < 0) {
      return Optional.empty();
    }
    DType dtype = expected.dtype();
    double relative = dtype.isFloat() ? (dtype.bits() >= 32 ? 1e-3 : 2e-2) : 0;
    double absolute =
        dtype.isFloat()
            ? (dtype.bits() >= 32 ? 1e-4 : 2e-2) * scale(expected)
            : fromFloats && dtype.isInteger() ? 1 : 0;
    long elements = expected.elements();
    boolean f32 = dtype.equals(DType.F32);
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
