package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** Tensors as values of the graph IR. */
public final class TensorReader {

  private TensorReader() {}

  /**
   * A tensor of a file of its own.
   *
   * @throws ModelException where its elements are of a type that is not supported, or do not agree
   *     with its shape
   */
  public static NDArray read(Path file, TensorProto tensor) {
    return read(file, tensor, new TensorBytes(file));
  }

  /** As the other. The bytes are asked for first: they check the shape. */
  static NDArray read(Path file, TensorProto tensor, TensorBytes tensors) {
    var dtype =
        OnnxTypes.dtype(tensor.getDataType())
            .orElseThrow(
                () ->
                    new ModelException(
                        "%s: tensor '%s' has elements of %s, which is not supported"
                            .formatted(
                                file, tensor.getName(), OnnxTypes.name(tensor.getDataType()))));
    if (dtype.isString()) {
      tensors.requireTexts(tensor);
      return NDArray.ofTexts(
          tensor.getDimsList(),
          tensor.getStringDataList().stream().map(ByteString::toStringUtf8).toList());
    }
    var bytes = tensors.of(tensor);
    var type = new TensorType(tensor.getDimsList().stream().map(Dim::of).toList(), dtype);
    return dtype.bits() < 8 && !dtype.isBool() ? unpacked(type, bytes) : new NDArray(type, bytes);
  }

  /** Elements of less than a byte, the first in the low bits, each in a byte of its own. */
  private static NDArray unpacked(TensorType type, MemorySegment packed) {
    var array = NDArray.allocate(type);
    int bits = type.dtype().bits();
    int perByte = 8 / bits;
    boolean signed = type.dtype().kind() == DType.Kind.INT;
    for (long i = 0; i < type.elements(); i++) {
      int whole = packed.get(ValueLayout.JAVA_BYTE, i / perByte);
      int high = whole << (32 - bits - bits * (int) (i % perByte));
      array.setLong(i, signed ? high >> (32 - bits) : high >>> (32 - bits));
    }
    return array;
  }
}
