package org.jtvmc.tuner.measure;

import java.util.SplittableRandom;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** Random finite contents of inputs, the same for the same seed. */
public final class InputData {

  /** Which floating-point numbers there are. */
  public enum Range {
    /** From -1 to 1. */
    SIGNED,
    /** From 0.1 to 1, for what takes roots and logarithms. */
    POSITIVE
  }

  private InputData() {}

  /** Fills {@code array}, whose memory may be of any origin. */
  public static void fill(NDArray array, long limit, Range range, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    DType dtype = array.dtype();
    long elements = array.elements();
    if (dtype.isFloat()) {
      double low = range == Range.SIGNED ? -1 : 0.1;
      for (long k = 0; k < elements; k++) {
        array.setDouble(k, low + (1 - low) * random.nextDouble());
      }
      return;
    }
    long first = 0;
    long bound = limit;
    if (limit == Long.MAX_VALUE) {
      bound = dtype.isBool() ? 2 : dtype.bits() == 8 ? 128 : 8;
      first = dtype.bits() == 8 && dtype.isSigned() ? -128 : 0;
    }
    for (long k = 0; k < elements; k++) {
      array.setLong(k, random.nextLong(first, Math.max(bound, first + 1)));
    }
  }
}
