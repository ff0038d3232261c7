package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Locale;

/** What ONNX's element types are. */
final class OnnxTypes {

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

  /** The type's name as ONNX's documentation spells it, or its number where it has none. */
  static String name(int number) {
    var type = TensorProto.DataType.forNumber(number);
    return type == null ? "type " + number : type.name().toLowerCase(Locale.ROOT);
  }
}
