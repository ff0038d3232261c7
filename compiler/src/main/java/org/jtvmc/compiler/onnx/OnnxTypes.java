package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Locale;
import java.util.Optional;
import org.jtvmc.ir.type.DType;

/** What ONNX's element types are. */
public final class OnnxTypes {

  private OnnxTypes() {}

  /**
   * The number of bits of an element in {@code raw_data}, 0 where elements have no fixed size.
   *
   * @see <a href="https://onnx.ai/onnx/repo-docs/IR.html#tensor-element-types">ONNX IR, tensor
   *     element types</a>
   */
  static int bits(TensorProto.DataType type) {
    return switch (type) {
      case INT4, UINT4 -> 4;
      case INT8, UINT8, BOOL, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> 8;
      case INT16, UINT16, FLOAT16, BFLOAT16 -> 16;
      case INT32, UINT32, FLOAT -> 32;
      case INT64, UINT64, DOUBLE, COMPLEX64 -> 64;
      case COMPLEX128 -> 128;
      case STRING, UNDEFINED -> 0;
    };
  }

  /** The graph IR's type for ONNX's, where it has one. */
  public static Optional<DType> dtype(int number) {
    var type = TensorProto.DataType.forNumber(number);
    return type == null
        ? Optional.empty()
        : switch (type) {
          case FLOAT -> Optional.of(DType.F32);
          case DOUBLE -> Optional.of(DType.F64);
          case FLOAT16 -> Optional.of(DType.F16);
          case BFLOAT16 -> Optional.of(DType.BF16);
          case INT8 -> Optional.of(DType.I8);
          case INT16 -> Optional.of(DType.I16);
          case INT32 -> Optional.of(DType.I32);
          case INT64 -> Optional.of(DType.I64);
          case UINT8 -> Optional.of(DType.U8);
          case UINT16 -> Optional.of(DType.U16);
          case UINT32 -> Optional.of(DType.U32);
          case UINT64 -> Optional.of(DType.U64);
          case BOOL -> Optional.of(DType.BOOL);
          case UNDEFINED, STRING, COMPLEX64, COMPLEX128 -> Optional.empty();
          case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> Optional.empty();
          case INT4, UINT4 -> Optional.empty();
        };
  }

  /** The type's name as ONNX's documentation spells it, or its number where it has none. */
  static String name(int number) {
    var type = TensorProto.DataType.forNumber(number);
    return type == null ? "type " + number : type.name().toLowerCase(Locale.ROOT);
  }
}
