package org.jtvmc.codegen.emit;

import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorFloat;

/** Constants rounded to the floating-point types that Java lacks. */
final class Rounding {
  private Rounding() {}

  /** The nearest value of {@code dtype}, ties to even. */
  static double round(DType dtype, double value) {
    if (dtype.kind() == DType.Kind.BFLOAT) {
      if (Double.isNaN(value)) {
        return value;
      }
      int bits = Float.floatToRawIntBits((float) value);
      return Float.intBitsToFloat((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
    }
    return switch (dtype.bits()) {
      case 64 -> value;
      case 32 ->
          dtype.kind() == DType.Kind.TFLOAT ? TensorFloat.round((float) value) : (float) value;
      default -> Float.float16ToFloat(Float.floatToFloat16((float) value));
    };
  }
}
