package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Locale;
import java.util.Optional;
import org.jtvmc.ir.type.DType;

/** What ONNX's element types are. */
public final class OnnxTypes {

  private OnnxTypes() {}

  /** Types that were added after the definition of the messages that is used here. */
  private static final int FLOAT4E2M1 = 23;

  private static final int FLOAT8E8M0 = 24;
  private static final int UINT2 = 25;
  private static final int INT2 = 26;

  /**
   * The number of bits of an element in {@code raw_data}, 0 where elements have no fixed size.
   *
   * @see <a href="https://onnx.ai/onnx/repo-docs/IR.html#tensor-element-types">ONNX IR, tensor
   *     element types</a>
   */
  static int bits(int number) {
    return switch (number) {
      case TensorProto.DataType.COMPLEX64_VALUE -> 64;
      case TensorProto.DataType.COMPLEX128_VALUE -> 128;
      case TensorProto.DataType.STRING_VALUE -> 0;
      default -> dtype(number).map(dtype -> dtype.isBool() ? 8 : dtype.bits()).orElse(0);
    };
  }

  /** The graph IR's type for ONNX's, where it has one. */
  public static Optional<DType> dtype(int number) {
    return Optional.ofNullable(
        switch (number) {
          case TensorProto.DataType.FLOAT_VALUE -> DType.F32;
          case TensorProto.DataType.DOUBLE_VALUE -> DType.F64;
          case TensorProto.DataType.FLOAT16_VALUE -> DType.F16;
          case TensorProto.DataType.BFLOAT16_VALUE -> DType.BF16;
          case TensorProto.DataType.INT8_VALUE -> DType.I8;
          case TensorProto.DataType.INT16_VALUE -> DType.I16;
          case TensorProto.DataType.INT32_VALUE -> DType.I32;
          case TensorProto.DataType.INT64_VALUE -> DType.I64;
          case TensorProto.DataType.UINT8_VALUE -> DType.U8;
          case TensorProto.DataType.UINT16_VALUE -> DType.U16;
          case TensorProto.DataType.UINT32_VALUE -> DType.U32;
          case TensorProto.DataType.UINT64_VALUE -> DType.U64;
          case TensorProto.DataType.BOOL_VALUE -> DType.BOOL;
          case TensorProto.DataType.STRING_VALUE -> DType.STRING;
          case TensorProto.DataType.FLOAT8E4M3FN_VALUE -> DType.F8_E4M3FN;
          case TensorProto.DataType.FLOAT8E4M3FNUZ_VALUE -> DType.F8_E4M3FNUZ;
          case TensorProto.DataType.FLOAT8E5M2_VALUE -> DType.F8_E5M2;
          case TensorProto.DataType.FLOAT8E5M2FNUZ_VALUE -> DType.F8_E5M2FNUZ;
          case TensorProto.DataType.INT4_VALUE -> DType.I4;
          case TensorProto.DataType.UINT4_VALUE -> DType.U4;
          case FLOAT4E2M1 -> DType.F4_E2M1FN;
          case FLOAT8E8M0 -> DType.F8_E8M0FNU;
          case UINT2 -> DType.U2;
          case INT2 -> DType.I2;
          default -> null;
        });
  }

  /** The type's name as ONNX's documentation spells it, or its number where it has none. */
  static String name(int number) {
    var type = TensorProto.DataType.forNumber(number);
    return type == null ? "type " + number : type.name().toLowerCase(Locale.ROOT);
  }
}
