package org.jtvmc.ir.interpret;

import org.jtvmc.ir.type.DType;

/** The bits of floating-point values as integers, and back. */
final class Bits {

  private Bits() {}

  /** The bits of a value of a floating-point type. */
  static long of(DType dtype, double value) {
    return switch (dtype.bits()) {
      case 64 -> Double.doubleToRawLongBits(value);
      case 32 -> Float.floatToRawIntBits((float) value);
      default ->
          dtype.kind() == DType.Kind.BFLOAT
              ? Float.floatToRawIntBits((float) value) >>> 16
              : Float.floatToFloat16((float) value);
    };
  }

  /** The value of a floating-point type that has these bits. */
  static double toReal(DType dtype, long bits) {
    return switch (dtype.bits()) {
      case 64 -> Double.longBitsToDouble(bits);
      case 32 -> Float.intBitsToFloat((int) bits);
      default ->
          dtype.kind() == DType.Kind.BFLOAT
              ? Float.intBitsToFloat((int) bits << 16)
              : Float.float16ToFloat((short) bits);
    };
  }

  /** The value of an integer type, or the byte of a narrow type, that has these bits. */
  static long toInteger(DType dtype, long bits) {
    return Rounding.wrap(dtype.isNarrow() ? dtype.carrier() : dtype, bits);
  }
}
