package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.type.TensorType;

/**
 * An ONNX model read from a file: a message with a graph whose nodes are in an order in which each
 * follows what it reads, and in which every name is defined once. Weights stay in the mapped file
 * until {@link #bytes} asks for them.
 */
public final class OnnxModel {

  /** The newest file format that this reader was written against (ONNX 1.23). */
  private static final long NEWEST_IR_VERSION = 14;

  private final Path path;
  private final ModelProto proto;
  private final List<NodeProto> nodes;
  private final TensorBytes tensors;

  private OnnxModel(Path path, ModelProto proto) {
    this.path = path;
    this.proto = proto;
    this.nodes = GraphOrder.sort(path, proto.getGraph());
    this.tensors = new TensorBytes(path);
  }

  /**
   * Reads a model.
   *
   * @throws ModelException when the file cannot be read, is no ONNX model, or its graph is not well
   *     formed
   */
  public static OnnxModel read(Path path) {
    var file = MappedFile.map(path);
    if (file.byteSize() == 0) {
      throw new ModelException("%s is empty; it holds no ONNX model".formatted(path));
    }
    if (file.byteSize() > Integer.MAX_VALUE) {
      throw new ModelException(
          "%s is larger than the 2 GB that a protobuf file can hold; store its weights as external data"
              .formatted(path));
    }
    var input = UnsafeByteOperations.unsafeWrap(file.asByteBuffer()).newCodedInput();
    input.enableAliasing(true);
    try {
      return of(path, ModelProto.parseFrom(input));
    } catch (InvalidProtocolBufferException e) {
      throw new ModelException(
          "%s is truncated, damaged or no ONNX model; export it, or copy it here, again"
              .formatted(path),
          e);
    } catch (IOException e) {
      throw new ModelException("%s cannot be read: %s".formatted(path, FileFault.reason(e)), e);
    }
  }

  /**
   * A model that is in memory already.
   *
   * @param path where it is said to come from: named in errors, and the place external data is
   *     beside
   * @throws ModelException when the graph is not well formed
   */
  public static OnnxModel of(Path path, ModelProto proto) {
    if (!proto.hasGraph() || proto.getIrVersion() <= 0) {
      throw new ModelException("%s is truncated or no ONNX model: it has no graph".formatted(path));
    }
    if (proto.getIrVersion() > NEWEST_IR_VERSION) {
      throw new ModelException(
          "%s has file format %d, newer than the %d known here; export it with an older format"
              .formatted(path, proto.getIrVersion(), NEWEST_IR_VERSION));
    }
    return new OnnxModel(path, proto);
  }

  /** Where the model came from. */
  public Path path() {
    return path;
  }

  /** The message as it stands in the file. */
  public ModelProto proto() {
    return proto;
  }

  /** The main graph's nodes, each after those whose outputs it reads. */
  public List<NodeProto> nodes() {
    return nodes;
  }

  /** The inputs that a caller must give: those that have no initialiser. */
  public List<ValueInfoProto> inputs() {
    var initialized =
        proto.getGraph().getInitializerList().stream()
            .map(TensorProto::getName)
            .collect(Collectors.toSet());
    return proto.getGraph().getInputList().stream()
        .filter(input -> !initialized.contains(input.getName()))
        .toList();
  }

  /**
   * Whether a tensor of this name is an input, or part of one, whose sizes the file leaves open.
   */
  public boolean leavesOpen(String tensor) {
    return inputs().stream().anyMatch(input -> InputTypes.leavesOpen(input, tensor));
  }

  /**
   * The version of an operator set.
   *
   * @param domain "" for ONNX's own operators
   * @return 1 for ONNX's own where the file is silent (which the first format allowed), 0 for
   *     others
   */
  public int opset(String domain) {
    return proto.getOpsetImportList().stream()
        .filter(set -> canonicalDomain(set.getDomain()).equals(canonicalDomain(domain)))
        .mapToLong(OperatorSetIdProto::getVersion)
        .mapToInt(version -> Math.clamp(version, 0, Integer.MAX_VALUE))
        .max()
        .orElse(canonicalDomain(domain).isEmpty() ? 1 : 0);
  }

  /** One of the model's tensors. */
  NDArray tensor(TensorProto tensor) {
    return TensorReader.read(path, tensor, tensors);
  }

  /** The elements of one of the model's tensors: row-major, little-endian, unaligned, read-only. */
  public MemorySegment bytes(TensorProto tensor) {
    return tensors.of(tensor);
  }

  /** ONNX's own operators go by two names for their domain. */
  static String canonicalDomain(String domain) {
    return domain.equals("ai.onnx") ? "" : domain;
  }

  /**
   * Contents of one of the model's inputs, of the type that it declares: a number, or a vector.
   *
   * @throws ModelException where there is no such input of numbers
   */
  public NDArray contents(String input, List<Double> numbers) {
    var declared =
        inputs().stream()
            .filter(value -> value.getName().equals(input) && value.getType().hasTensorType())
            .findFirst()
            .orElseThrow(
                () ->
                    new ModelException(
                        "%s has no input '%s' to give contents to".formatted(path, input)))
            .getType()
            .getTensorType();
    var dtype =
        OnnxTypes.dtype(declared.getElemType())
            .filter(type -> !type.isString())
            .orElseThrow(
                () -> new ModelException("%s: input '%s' holds no numbers".formatted(path, input)));
    boolean isNumber = declared.hasShape() && declared.getShape().getDimCount() == 0;
    if (isNumber && numbers.size() != 1) {
      throw new ModelException(
          "%s: input '%s' is one number, and is given %d".formatted(path, input, numbers.size()));
    }
    var array =
        NDArray.allocate(isNumber ? TensorType.of(dtype) : TensorType.of(dtype, numbers.size()));
    for (int i = 0; i < numbers.size(); i++) {
      array.setDouble(i, numbers.get(i));
    }
    return array;
  }
}
