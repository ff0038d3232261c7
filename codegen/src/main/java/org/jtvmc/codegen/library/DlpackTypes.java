package org.jtvmc.codegen.library;

import org.jtvmc.ir.type.DType;

/** Element types as DLPack numbers them (dlpack.h, {@code DLDataTypeCode}). */
public final class DlpackTypes {

  private DlpackTypes() {}

  /** DLPack's DLDataTypeCode. */
  public static int code(DType dtype) {
    return switch (dtype.kind()) {
      case INT -> 0;
      case UINT -> 1;
      // Its numbers are those of float32.
      case FLOAT, TFLOAT -> 2;
      case STRING -> 3;
      case BFLOAT -> 4;
      case BOOL -> 6;
      case FLOAT8_E4M3FN -> 10;
      case FLOAT8_E4M3FNUZ -> 11;
      case FLOAT8_E5M2 -> 12;
      case FLOAT8_E5M2FNUZ -> 13;
      case FLOAT8_E8M0FNU -> 14;
      case FLOAT4_E2M1FN -> 17;
    };
  }
}
