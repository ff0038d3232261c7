package org.jtvmc.compiler.conformance;

import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/**
 * The suite's comparison, NumPy's {@code assert_allclose}: {@code |actual - expected| <= absolute +
 * relative * |expected|}, NaNs and infinities in the same places; shapes and types the same.
 */
final class Closeness {

  private static final double ABSOLUTE = 1e-7;
  private static final double RELATIVE = 1e-3;

  /** Two units in the last place of a bfloat16. */
  private static final double RELATIVE_OF_BFLOAT = 0x1p-6;

  private Closeness() {}

  /** What differs, in a sentence; empty where nothing does. */
  static Optional<String> difference(String name, NDArray actual, NDArray expected) {
    if (!actual.type().equals(expected.type())) {
      return Optional.of(
          "output '%s' is %s where %s is expected".formatted(name, actual.type(), expected.type()));
    }
    boolean bfloat = expected.dtype().equals(DType.BF16);
    double relative = bfloat ? RELATIVE_OF_BFLOAT : RELATIVE;
    long wrong = 0;
    String first = "";
    for (long i = 0; i < expected.elements(); i++) {
      if (!close(actual, expected, i, relative)) {
        if (wrong++ == 0) {
          first = "element %d is %s, not %s".formatted(i, text(actual, i), text(expected, i));
        }
      }
    }
    return wrong == 0
        ? Optional.empty()
        : Optional.of(
            "output '%s': %d of %d elements differ, %s"
                .formatted(name, wrong, expected.elements(), first));
  }

  private static boolean close(NDArray actual, NDArray expected, long i, double relative) {
    DType dtype = expected.dtype();
    if (dtype.isString()) {
      return actual.text(i).equals(expected.text(i));
    }
    if (dtype.isNarrow()) {
      return actual.getLong(i) == expected.getLong(i) || (isZero(actual, i) && isZero(expected, i));
    }
    if (dtype.isInteger() && actual.getLong(i) == expected.getLong(i)) {
      return true;
    }
    double a = actual.getDouble(i);
    double e = expected.getDouble(i);
    if (Double.isNaN(e) || Double.isInfinite(e)) {
      return Double.compare(a, e) == 0;
    }
    return Math.abs(a - e) <= ABSOLUTE + relative * Math.abs(e);
  }

  /** Of narrow floats, whose bits an array gives, either zero. */
  private static boolean isZero(NDArray array, long i) {
    boolean negativeZero =
        switch (array.dtype().kind()) {
          case FLOAT8_E4M3FN, FLOAT8_E5M2, FLOAT4_E2M1FN -> true;
          case FLOAT8_E4M3FNUZ,
              FLOAT8_E5M2FNUZ,
              FLOAT8_E8M0FNU,
              FLOAT,
              BFLOAT,
              TFLOAT,
              INT,
              UINT,
              BOOL,
              STRING ->
              false;
        };
    long bits = array.getLong(i);
    return negativeZero && (bits & ~(1L << (array.dtype().bits() - 1))) == 0;
  }

  private static String text(NDArray array, long i) {
    return array.dtype().isFloat()
        ? Double.toString(array.getDouble(i))
        : Long.toString(array.getLong(i));
  }
}
