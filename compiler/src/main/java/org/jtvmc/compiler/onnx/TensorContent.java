package org.jtvmc.compiler.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The elements of a tensor that is still to be written. Content is produced while it is written, so
 * that a model far larger than the heap can be built; asked twice, it writes the same bytes twice.
 */
@FunctionalInterface
public interface TensorContent {

  /**
   * Writes every element in row-major order, little-endian, as ONNX's {@code raw_data} wants it.
   */
  void writeTo(OutputStream out) throws IOException;

  /** The given float32 elements. */
  static TensorContent of(float... elements) {
    var bytes =
        ByteBuffer.allocate(Math.multiplyExact(elements.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(elements);
    return out -> out.write(bytes.array());
  }

  /** The given int64 elements. */
  static TensorContent of(long... elements) {
    var bytes =
        ByteBuffer.allocate(Math.multiplyExact(elements.length, Long.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(elements);
    return out -> out.write(bytes.array());
  }
}
