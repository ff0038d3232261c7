package org.jtvmc.compiler.conformance;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.onnx.TensorReader;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/**
 * Reads the values of a case. A tensor's file is a {@code TensorProto}; a sequence's and an
 * optional's are messages of {@code onnx-data.proto}, whose fields are read one by one.
 */
final class CaseFiles {

  private static final int SEQUENCE_TENSORS = 3;
  private static final int SEQUENCE_SEQUENCES = 5;
  private static final int OPTIONAL_TENSOR = 3;
  private static final int OPTIONAL_SEQUENCE = 5;

  private final Path folder;

  CaseFiles(Path folder) {
    this.folder = folder;
  }

  /** The values of {@code kind}_0.pb, {@code kind}_1.pb and so on, as far as there are files. */
  List<CaseValue> read(String kind, List<TypeProto> types) throws IOException {
    List<CaseValue> values = new ArrayList<>();
    for (int i = 0; ; i++) {
      Path file = folder.resolve("%s_%d.pb".formatted(kind, i));
      if (!Files.exists(file)) {
        return values;
      }
      if (i >= types.size()) {
        throw new ModelException("%s belongs to no %s of the model".formatted(file, kind));
      }
      values.add(value(file, ByteString.copyFrom(Files.readAllBytes(file)), types.get(i)));
    }
  }

  private CaseValue value(Path file, ByteString bytes, TypeProto type) throws IOException {
    return switch (type.getValueCase()) {
      case TENSOR_TYPE, VALUE_NOT_SET ->
          new CaseValue.Tensor(
              asDeclared(TensorReader.read(file, TensorProto.parseFrom(bytes)), type));
      case SEQUENCE_TYPE -> sequence(file, bytes);
      case OPTIONAL_TYPE -> optional(file, bytes);
      case MAP_TYPE, SPARSE_TENSOR_TYPE, OPAQUE_TYPE ->
          throw new ModelException(
              "%s is neither tensor nor sequence, which is not supported".formatted(file));
    };
  }

  /** Old cases keep bfloat16 as the integers that have its bits. */
  private static NDArray asDeclared(NDArray array, TypeProto type) {
    boolean bits =
        type.getTensorType().getElemType() == TensorProto.DataType.BFLOAT16_VALUE
            && array.dtype().equals(DType.U16);
    return bits ? array.reshape(array.type().withDType(DType.BF16)) : array;
  }

  private CaseValue sequence(Path file, ByteString bytes) throws IOException {
    List<CaseValue> elements = new ArrayList<>();
    for (Field field : fields(bytes)) {
      switch (field.number) {
        case SEQUENCE_TENSORS ->
            elements.add(
                new CaseValue.Tensor(
                    TensorReader.read(file, TensorProto.parseFrom(field.contents))));
        case SEQUENCE_SEQUENCES -> elements.add(sequence(file, field.contents));
        default -> {
          // Names and element types say nothing new.
        }
      }
    }
    return new CaseValue.Sequence(elements);
  }

  private CaseValue optional(Path file, ByteString bytes) throws IOException {
    Optional<CaseValue> value = Optional.empty();
    for (Field field : fields(bytes)) {
      switch (field.number) {
        case OPTIONAL_TENSOR ->
            value =
                Optional.of(
                    new CaseValue.Tensor(
                        TensorReader.read(file, TensorProto.parseFrom(field.contents))));
        case OPTIONAL_SEQUENCE -> value = Optional.of(sequence(file, field.contents));
        default -> {
          // Names and element types say nothing new.
        }
      }
    }
    return value.orElseGet(CaseValue.Nothing::new);
  }

  /** A field of a message that is a message itself. */
  private record Field(int number, ByteString contents) {}

  private static List<Field> fields(ByteString message) throws IOException {
    List<Field> fields = new ArrayList<>();
    CodedInputStream input = message.newCodedInput();
    for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
      if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        fields.add(new Field(WireFormat.getTagFieldNumber(tag), input.readBytes()));
      } else {
        input.skipField(tag);
      }
    }
    return fields;
  }
}
