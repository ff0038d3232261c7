package org.jtvmc.ir.op.math;

import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.type.DType;

/** Conversions of the types that are only stored. */
public final class NarrowTypes {

  private NarrowTypes() {}

  /** The value in a type that has arithmetic: {@code float32}, or an integer of 8 bits. */
  public static PrimExpr widen(PrimExpr value) {
    DType dtype = value.dtype();
    return switch (dtype.kind()) {
      case INT, UINT -> dtype.isNarrow() ? Reinterpret.of(dtype.carrier(), value) : value;
      case FLOAT, BFLOAT, TFLOAT, BOOL, STRING -> value;
      case FLOAT8_E8M0FNU -> PowersOfTwo.decode(value);
      case FLOAT8_E4M3FN, FLOAT8_E4M3FNUZ, FLOAT8_E5M2, FLOAT8_E5M2FNUZ, FLOAT4_E2M1FN ->
          NarrowFloats.of(dtype).decode(value);
    };
  }

  /**
   * A value in a narrow type.
   *
   * @param value of a type that has arithmetic; integers keep its low bits
   * @param saturate whether what is too large becomes the largest finite float
   * @param rounding of powers of two: {@code up}, {@code down} or {@code nearest}
   */
  public static PrimExpr narrow(DType dtype, PrimExpr value, boolean saturate, String rounding) {
    return switch (dtype.kind()) {
      case INT, UINT -> integer(dtype, value);
      case FLOAT, BFLOAT, TFLOAT, BOOL, STRING -> value.cast(dtype);
      case FLOAT8_E8M0FNU -> PowersOfTwo.encode(value.cast(DType.F32), saturate, rounding);
      case FLOAT8_E4M3FN, FLOAT8_E4M3FNUZ, FLOAT8_E5M2, FLOAT8_E5M2FNUZ, FLOAT4_E2M1FN ->
          NarrowFloats.of(dtype).encode(value.cast(DType.F32), saturate);
    };
  }

  private static PrimExpr integer(DType dtype, PrimExpr value) {
    PrimExpr whole = value.cast(DType.I32);
    if (dtype.isSigned()) {
      PrimExpr unused = new IntImm(DType.I32, 32 - dtype.bits());
      PrimExpr high = Binary.of(BinaryOp.SHIFT_LEFT, whole, unused);
      PrimExpr extended = Binary.of(BinaryOp.SHIFT_RIGHT, high, unused);
      return Reinterpret.of(dtype, extended.cast(DType.I8));
    }
    PrimExpr mask = new IntImm(DType.I32, (1L << dtype.bits()) - 1);
    return Reinterpret.of(dtype, Binary.of(BinaryOp.BIT_AND, whole, mask).cast(DType.U8));
  }
}
