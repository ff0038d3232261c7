package org.jtvmc.tests.operators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** Equality of results up to the order of sums and the last places of functions. */
public final class Closeness {

  private Closeness() {}

  /** Within the tolerance of the element type; texts the same. */
  public static void assertAllClose(List<NDArray> expected, List<NDArray> actual, String what) {
    assertEquals(expected.size(), actual.size(), what);
    for (int i = 0; i < expected.size(); i++) {
      assertClose(expected.get(i), actual.get(i), what);
    }
  }

  private static void assertClose(NDArray expected, NDArray actual, String what) {
    assertEquals(expected.type(), actual.type(), what);
    DType dtype = expected.dtype();
    for (long i = 0; i < expected.elements(); i++) {
      boolean close =
          dtype.isString()
              ? expected.text(i).equals(actual.text(i))
              : dtype.isFloat()
                  ? close(dtype, expected.getDouble(i), actual.getDouble(i))
                  : expected.getLong(i) == actual.getLong(i);
      if (!close) {
        if (dtype.isString()) {
          fail(
              "%s: text %d is '%s', not '%s'".formatted(what, i, actual.text(i), expected.text(i)));
        }
        fail(
            "%s: element %d of %s is %s, not %s"
                .formatted(what, i, expected.type(), actual.getDouble(i), expected.getDouble(i)));
      }
    }
  }

  private static boolean close(DType dtype, double expected, double actual) {
    if (Double.isNaN(expected) || Double.isInfinite(expected)) {
      return Double.compare(expected, actual) == 0;
    }
    double tolerance = dtype.bits() >= 32 ? 2e-5 : 4e-3;
    return Math.abs(expected - actual) <= tolerance * (1 + Math.abs(expected));
  }
}
