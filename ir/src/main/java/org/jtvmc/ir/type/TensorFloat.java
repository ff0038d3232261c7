package org.jtvmc.ir.type;

/** The numbers of {@link DType#TF32}: float32 with 10 bits of mantissa. */
public final class TensorFloat {
  private static final int DROPPED = 13;

  private TensorFloat() {}

  /** The nearest number, ties to even; what is not a number stays so. */
  public static float round(float value) {
    if (Float.isNaN(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    int bias = (1 << (DROPPED - 1)) - 1 + ((bits >>> DROPPED) & 1);
    return Float.intBitsToFloat((bits + bias) & -(1 << DROPPED));
  }
}
