package org.jtvmc.ir.op.math;

import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TypeException;

/** The type of which every value is a power of two, to and from {@code float32}. */
final class PowersOfTwo {

  private static final long NAN = 0xff;
  private static final long LARGEST = 0xfe;

  private PowersOfTwo() {}

  static PrimExpr decode(PrimExpr value) {
    PrimExpr code = Reinterpret.of(DType.U8, value).cast(DType.U32);
    PrimExpr normal = Reinterpret.of(DType.F32, NarrowFloats.shiftLeft(code, 23));
    // 2^-127 is no normal float32.
    PrimExpr small = new FloatImm(DType.F32, 0x1p-127);
    PrimExpr finite = Select.of(code.equalTo(NarrowFloats.word(0)), small, normal);
    return Select.of(
        code.equalTo(NarrowFloats.word(NAN)), new FloatImm(DType.F32, Double.NaN), finite);
  }

  /**
   * The exponent of the value, whose sign is dropped.
   *
   * @param rounding {@code up}, {@code down} or {@code nearest}
   * @param saturate whether what is too large becomes the largest power and not NaN
   */
  static PrimExpr encode(PrimExpr value, boolean saturate, String rounding) {
    PrimExpr bits = Reinterpret.of(DType.U32, value);
    PrimExpr exponent = NarrowFloats.and(NarrowFloats.shiftRight(bits, 23), 0xff);
    PrimExpr mantissa = NarrowFloats.and(bits, 0x7fffff);
    PrimExpr rest =
        switch (rounding) {
          case "down" -> NarrowFloats.word(0);
          case "up" -> above(mantissa, 0);
          case "nearest" -> {
            PrimExpr half = mantissa.equalTo(NarrowFloats.word(0x400000));
            PrimExpr tie = half.and(NarrowFloats.word(0).lessThan(exponent));
            yield Binary.of(BinaryOp.BIT_OR, above(mantissa, 0x400000), flag(tie));
          }
          case String other ->
              throw new TypeException(
                  "round_mode is '%s', not up, down or nearest".formatted(other));
        };
    PrimExpr code = exponent.plus(rest);
    PrimExpr limit = NarrowFloats.word(saturate ? LARGEST : NAN);
    PrimExpr rounded = code.min(limit);
    PrimExpr special = exponent.equalTo(NarrowFloats.word(NAN));
    PrimExpr result = Select.of(special, NarrowFloats.word(NAN), rounded);
    return Reinterpret.of(DType.F8_E8M0FNU, result.cast(DType.U8));
  }

  private static PrimExpr above(PrimExpr mantissa, long limit) {
    return flag(Compare.of(Compare.Op.GREATER, mantissa, NarrowFloats.word(limit)));
  }

  private static PrimExpr flag(PrimExpr condition) {
    return Select.of(condition, NarrowFloats.word(1), NarrowFloats.word(0));
  }
}
