package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.file.Path;
import org.jtvmc.ir.data.NDArray;
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
    var bytes = tensors.of(tensor);
    return new NDArray(
        new TensorType(tensor.getDimsList().stream().map(Dim::of).toList(), dtype), bytes);
  }
}
