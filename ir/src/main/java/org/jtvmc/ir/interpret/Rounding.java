package org.jtvmc.ir.interpret;

import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorFloat;

/** Values brought into the range and precision of a type. */
final class Rounding {

  private Rounding() {}

  /** To the nearest value of a floating-point type, ties to even. */
  static double round(DType dtype, double value) {
    return switch (dtype.bits()) {
      case 64 -> value;
      case 32 ->
          dtype.kind() == DType.Kind.TFLOAT ? TensorFloat.round((float) value) : (float) value;
      default ->
          dtype.kind() == DType.Kind.BFLOAT
              ? bfloat16((float) value)
              : Float.float16ToFloat(Float.floatToFloat16((float) value));
    };
  }

  private static float bfloat16(float value) {
    if (Float.isNaN(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    return Float.intBitsToFloat((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
  }

  /** The low bits of an integer, read as the type; of a bool, whether it is not zero. */
  static long wrap(DType dtype, long value) {
    boolean signed = dtype.kind() == DType.Kind.INT;
    return switch (dtype.bits()) {
      case 64 -> value;
      case 32 -> signed ? (int) value : value & 0xffff_ffffL;
      case 16 -> signed ? (short) value : value & 0xffff;
      case 8 -> signed ? (byte) value : value & 0xff;
      default -> value != 0 ? 1 : 0;
    };
  }

  /** Towards zero; the low bits of what is left. */
  static long toInteger(DType dtype, double value) {
    if (dtype.isBool()) {
      return value != 0 ? 1 : 0;
    }
    boolean high = dtype.kind() == DType.Kind.UINT && value >= 0x1p63;
    return wrap(dtype, high ? (long) (value - 0x1p63) ^ Long.MIN_VALUE : (long) value);
  }

  static double toReal(DType from, long value) {
    boolean high = from.kind() == DType.Kind.UINT && value < 0;
    return high ? ((value >>> 1) | (value & 1)) * 2.0 : value;
  }
}
