package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
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
    var type = TensorProto.DataType.forNumber(tensor.getDataType());
    int bits = type == null ? 0 : OnnxTypes.bits(type);
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
    return copyTyped(tensor, type, count, byteSize);
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

  private MemorySegment copyTyped(
      TensorProto tensor, TensorProto.DataType type, long count, long byteSize) {
    // The count is compared with what the file really holds before anything is allocated for it.
    long stored =
        switch (type) {
          case FLOAT -> tensor.getFloatDataCount();
          case COMPLEX64 -> tensor.getFloatDataCount() / 2;
          case DOUBLE -> tensor.getDoubleDataCount();
          case COMPLEX128 -> tensor.getDoubleDataCount() / 2;
          case INT64 -> tensor.getInt64DataCount();
          case UINT32, UINT64 -> tensor.getUint64DataCount();
          case STRING -> tensor.getStringDataCount();
          case INT4, UINT4 -> Math.min(2L * tensor.getInt32DataCount(), count);
          case BOOL, INT8, UINT8, INT16, UINT16, INT32, FLOAT16, BFLOAT16 ->
              tensor.getInt32DataCount();
          case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ ->
              tensor.getInt32DataCount();
          case UNDEFINED -> 0;
        };
    expect(tensor, stored, count, "elements");
    var bytes = Arena.ofAuto().allocate(byteSize, Long.BYTES);
    switch (type) {
      case FLOAT, COMPLEX64 -> {
        for (int i = 0; i < tensor.getFloatDataCount(); i++) {
          bytes.setAtIndex(FLOATS, i, tensor.getFloatData(i));
        }
      }
      case DOUBLE, COMPLEX128 -> {
        for (int i = 0; i < tensor.getDoubleDataCount(); i++) {
          bytes.setAtIndex(DOUBLES, i, tensor.getDoubleData(i));
        }
      }
      case INT64 -> {
        for (int i = 0; i < count; i++) {
          bytes.setAtIndex(LONGS, i, tensor.getInt64Data(i));
        }
      }
      case UINT64 -> {
        for (int i = 0; i < count; i++) {
          bytes.setAtIndex(LONGS, i, tensor.getUint64Data(i));
        }
      }
      case UINT32 -> {
        for (int i = 0; i < count; i++) {
          bytes.setAtIndex(INTS, i, (int) tensor.getUint64Data(i));
        }
      }
      case INT32 -> {
        for (int i = 0; i < count; i++) {
          bytes.setAtIndex(INTS, i, tensor.getInt32Data(i));
        }
      }
      case INT16, UINT16, FLOAT16, BFLOAT16 -> {
        for (int i = 0; i < count; i++) {
          bytes.setAtIndex(SHORTS, i, (short) tensor.getInt32Data(i));
        }
      }
      case BOOL, INT8, UINT8, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> {
        for (int i = 0; i < count; i++) {
          bytes.set(ValueLayout.JAVA_BYTE, i, (byte) tensor.getInt32Data(i));
        }
      }
      case INT4, UINT4 -> {
        for (int i = 0; i < byteSize; i++) {
          bytes.set(ValueLayout.JAVA_BYTE, i, (byte) tensor.getInt32Data(i));
        }
      }
      case STRING, UNDEFINED -> throw new IllegalStateException("no fixed-size elements: " + type);
    }
    return bytes.asReadOnly();
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
