package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * The elements of a model's tensors as bytes: row-major, little-endian, {@code raw_data}'s own
 * layout. Where the file stores them so they are a slice of its mapping; the typed fields ({@code
 * float_data} and kin) are copied, since protobuf has decoded them already.
 */
final class TensorBytes {

  private final Path model;
  private final ExternalData external;

  TensorBytes(Path model) {
    this.model = model;
    this.external = new ExternalData(model);
  }

  /**
   * The elements of a tensor, read-only and without any promise of alignment.
   *
   * @throws ModelException when shape and data do not agree, or the type has no fixed-size elements
   */
  MemorySegment of(TensorProto tensor) {
    int bits = OnnxTypes.bits(tensor.getDataType());
    if (bits == 0) {
      throw fault(tensor, "has elements of %s".formatted(OnnxTypes.name(tensor.getDataType())));
    }
    if (tensor.hasSegment()) {
      throw fault(tensor, "is stored in segments, a layout that ONNX has withdrawn");
    }
    long count = elementCount(tensor);
    if (count > (Long.MAX_VALUE - 7) / bits) {
      throw tooLarge(tensor);
    }
    long byteSize = (count * bits + 7) / 8;
    if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      return external.bytes(tensor, byteSize);
    }
    if (tensor.hasRawData()) {
      var raw = tensor.getRawData();
      expect(tensor, raw.size(), byteSize, "bytes");
      return MemorySegment.ofBuffer(raw.asReadOnlyByteBuffer());
    }
    return copyTyped(tensor, bits, count, byteSize);
  }

  /**
   * Checks that a tensor of texts has as many as its shape says.
   *
   * @throws ModelException where it has not
   */
  void requireTexts(TensorProto tensor) {
    expect(tensor, tensor.getStringDataCount(), elementCount(tensor), "texts");
  }

  private long elementCount(TensorProto tensor) {
    for (long dim : tensor.getDimsList()) {
      if (dim < 0) {
        throw fault(tensor, "has the negative size %d in its shape".formatted(dim));
      }
    }
    if (tensor.getDimsList().contains(0L)) {
      return 0;
    }
    long count = 1;
    for (long dim : tensor.getDimsList()) {
      if (Math.multiplyHigh(count, dim) != 0 || count * dim < 0) {
        throw tooLarge(tensor);
      }
      count *= dim;
    }
    return count;
  }

  private MemorySegment copyTyped(TensorProto tensor, int bits, long count, long byteSize) {
    // The count is compared with what the file really holds before anything is allocated for it.
    long stored =
        switch (tensor.getDataType()) {
          case DataType.FLOAT_VALUE -> tensor.getFloatDataCount();
          case DataType.COMPLEX64_VALUE -> tensor.getFloatDataCount() / 2;
          case DataType.DOUBLE_VALUE -> tensor.getDoubleDataCount();
          case DataType.COMPLEX128_VALUE -> tensor.getDoubleDataCount() / 2;
          case DataType.INT64_VALUE -> tensor.getInt64DataCount();
          case DataType.UINT32_VALUE, DataType.UINT64_VALUE -> tensor.getUint64DataCount();
          default ->
              bits >= 8
                  ? tensor.getInt32DataCount()
                  : tensor.getInt32DataCount() == byteSize
                      ? count
                      : (long) (8 / bits) * tensor.getInt32DataCount();
        };
    expect(tensor, stored, count, "elements");
    var bytes = Arena.ofAuto().allocate(byteSize, Long.BYTES);
    switch (tensor.getDataType()) {
      case DataType.FLOAT_VALUE, DataType.COMPLEX64_VALUE -> {
        for (int i = 0; i < tensor.getFloatDataCount(); i++) {
          bytes.setAtIndex(FLOATS, i, tensor.getFloatData(i));
        }
      }
      case DataType.DOUBLE_VALUE, DataType.COMPLEX128_VALUE -> {
        for (int i = 0; i < tensor.getDoubleDataCount(); i++) {
          bytes.setAtIndex(DOUBLES, i, tensor.getDoubleData(i));
        }
      }
      case DataType.INT64_VALUE -> {
        for (int i = 0; i < count; i++) {
          bytes.setAtIndex(LONGS, i, tensor.getInt64Data(i));
        }
      }
      case DataType.UINT64_VALUE -> {
        for (int i = 0; i < count; i++) {
          bytes.setAtIndex(LONGS, i, tensor.getUint64Data(i));
        }
      }
      case DataType.UINT32_VALUE -> {
        for (int i = 0; i < count; i++) {
          bytes.setAtIndex(INTS, i, (int) tensor.getUint64Data(i));
        }
      }
      default -> copyIntegers(tensor, bits, bytes);
    }
    return bytes.asReadOnly();
  }

  /** Types of up to 32 bits are in {@code int32_data}, those of less than 8 packed into bytes. */
  private static void copyIntegers(TensorProto tensor, int bits, MemorySegment bytes) {
    for (int i = 0; i < tensor.getInt32DataCount(); i++) {
      int value = tensor.getInt32Data(i);
      switch (bits) {
        case 32 -> bytes.setAtIndex(INTS, i, value);
        case 16 -> bytes.setAtIndex(SHORTS, i, (short) value);
        default -> bytes.set(ValueLayout.JAVA_BYTE, i, (byte) value);
      }
    }
  }

  private void expect(TensorProto tensor, long found, long needed, String unit) {
    if (found != needed) {
      throw fault(
          tensor,
          "holds %d %s where its shape %s needs %d; the file is damaged, export the model again"
              .formatted(found, unit, tensor.getDimsList(), needed));
    }
  }

  private ModelException tooLarge(TensorProto tensor) {
    return fault(
        tensor,
        "claims the shape %s, more elements than any machine can hold; the file is damaged"
            .formatted(tensor.getDimsList()));
  }

  private ModelException fault(TensorProto tensor, String what) {
    return new ModelException("%s: tensor '%s' %s".formatted(model, tensor.getName(), what));
  }

  private static final ValueLayout.OfFloat FLOATS =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLES =
      ValueLayout.JAVA_DOUBLE.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONGS =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INTS =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORTS =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
}
