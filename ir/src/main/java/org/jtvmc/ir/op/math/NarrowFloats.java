package org.jtvmc.ir.op.math;

import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.type.DType;

/**
 * Floats of 8 and 4 bits to and from {@code float32}, in integer arithmetic on the bits.
 *
 * @param dtype the narrow type
 * @param mantissa bits of the mantissa
 * @param bias of the exponent
 * @param largest the code of the largest finite value, without its sign
 * @param infinity the code of infinity, or -1 where there is none
 * @param nan the code of a NaN, or -1 where there is none
 * @param negativeZero whether there is one; where not, its code is the NaN
 * @see <a href="https://onnx.ai/onnx/technical/float8.html">Float stored in 8 bits</a>
 */
record NarrowFloats(
    DType dtype, int mantissa, int bias, int largest, int infinity, int nan, boolean negativeZero) {

  private static final int F32_MANTISSA = 23;
  private static final int F32_BIAS = 127;
  private static final long F32_INFINITY = 0x7f800000L;

  static NarrowFloats of(DType dtype) {
    return switch (dtype.kind()) {
      case FLOAT8_E4M3FN -> new NarrowFloats(dtype, 3, 7, 0x7e, -1, 0x7f, true);
      case FLOAT8_E4M3FNUZ -> new NarrowFloats(dtype, 3, 8, 0x7f, -1, 0x80, false);
      case FLOAT8_E5M2 -> new NarrowFloats(dtype, 2, 15, 0x7b, 0x7c, 0x7e, true);
      case FLOAT8_E5M2FNUZ -> new NarrowFloats(dtype, 2, 16, 0x7f, -1, 0x80, false);
      case FLOAT4_E2M1FN -> new NarrowFloats(dtype, 1, 1, 0x7, -1, -1, true);
      case FLOAT8_E8M0FNU, INT, UINT, FLOAT, BFLOAT, TFLOAT, BOOL, STRING ->
          throw new IllegalArgumentException(dtype + " has no sign, exponent and mantissa");
    };
  }

  private int signShift() {
    return dtype.bits() - 1;
  }

  /** The {@code float32} that a value of the narrow type is. */
  PrimExpr decode(PrimExpr value) {
    PrimExpr bits = Reinterpret.of(DType.U8, value).cast(DType.U32);
    PrimExpr code = and(bits, (1L << signShift()) - 1);
    PrimExpr shifted = shiftLeft(code, F32_MANTISSA - mantissa);
    PrimExpr normal =
        Reinterpret.of(DType.F32, shifted.plus(word((long) (F32_BIAS - bias) << F32_MANTISSA)));
    PrimExpr denormal =
        code.cast(DType.F32).times(new FloatImm(DType.F32, Math.scalb(1.0, 1 - bias - mantissa)));
    PrimExpr magnitude = Select.of(code.lessThan(word(1L << mantissa)), denormal, normal);
    if (infinity >= 0) {
      magnitude =
          Select.of(
              code.equalTo(word(infinity)),
              new FloatImm(DType.F32, Double.POSITIVE_INFINITY),
              magnitude);
    }
    PrimExpr sign = shiftLeft(shiftRight(bits, signShift()), 31);
    PrimExpr signed =
        Reinterpret.of(
            DType.F32, Binary.of(BinaryOp.BIT_OR, Reinterpret.of(DType.U32, magnitude), sign));
    PrimExpr notANumber = new FloatImm(DType.F32, Double.NaN);
    if (nan < 0) {
      return signed;
    }
    if (!negativeZero) {
      return Select.of(bits.equalTo(word(nan)), notANumber, signed);
    }
    long aboveFinite = infinity >= 0 ? infinity : largest;
    return Select.of(word(aboveFinite).lessThan(code), notANumber, signed);
  }

  /**
   * The value of the narrow type nearest to a {@code float32}, ties to even.
   *
   * @param saturate whether what is too large becomes the largest finite value, not infinity or NaN
   */
  PrimExpr encode(PrimExpr value, boolean saturate) {
    PrimExpr bits = Reinterpret.of(DType.U32, value);
    PrimExpr magnitude = and(bits, 0x7fffffffL);
    int dropped = F32_MANTISSA - mantissa;
    PrimExpr odd = and(shiftRight(magnitude, dropped), 1);
    PrimExpr rounded =
        shiftRight(magnitude.plus(odd).plus(word((1L << (dropped - 1)) - 1)), dropped);
    PrimExpr normal = rounded.minus(word((long) (F32_BIAS - bias) << mantissa));
    PrimExpr scaled =
        Reinterpret.of(DType.F32, magnitude)
            .times(new FloatImm(DType.F32, Math.scalb(1.0, bias - 1 + mantissa)));
    long smallestNormal = (long) (F32_BIAS + 1 - bias) << F32_MANTISSA;
    PrimExpr isSmall = magnitude.lessThan(word(smallestNormal));
    // Of large values the product would not fit an integer.
    PrimExpr denormal =
        Intrinsic.of(IntrinsicOp.ROUND, Select.of(isSmall, scaled, new FloatImm(DType.F32, 0)))
            .cast(DType.U32);
    PrimExpr code = Select.of(isSmall, denormal, normal);
    PrimExpr isTooLarge = word(largest).lessThan(code).or(magnitude.atLeast(word(F32_INFINITY)));
    long instead = saturate || nan < 0 ? largest : infinity >= 0 ? infinity : nan;
    code = Select.of(isTooLarge, word(instead), code);
    PrimExpr sign = shiftLeft(shiftRight(bits, 31), signShift());
    if (!negativeZero) {
      sign = Select.of(code.equalTo(word(0)), word(0), sign);
    }
    PrimExpr signed = Binary.of(BinaryOp.BIT_OR, code, sign);
    PrimExpr isNan = Compare.of(Compare.Op.GREATER, magnitude, word(F32_INFINITY));
    // A type without NaN gets a negative zero for it.
    PrimExpr notANumber = nan < 0 ? word(1L << signShift()) : word(nan);
    return Reinterpret.of(dtype, Select.of(isNan, notANumber, signed).cast(DType.U8));
  }

  static PrimExpr word(long value) {
    return new IntImm(DType.U32, value);
  }

  static PrimExpr and(PrimExpr value, long mask) {
    return Binary.of(BinaryOp.BIT_AND, value, word(mask));
  }

  static PrimExpr shiftLeft(PrimExpr value, int by) {
    return Binary.of(BinaryOp.SHIFT_LEFT, value, word(by));
  }

  static PrimExpr shiftRight(PrimExpr value, int by) {
    return Binary.of(BinaryOp.SHIFT_RIGHT, value, word(by));
  }
}
