package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Builds an ONNX model node by node and writes it as a file.
 *
 * <pre>{@code
 * var model = new OnnxBuilder("tiny", 17);
 * var x = model.input("x", DataType.FLOAT, 1, 3, 8, 8);
 * var w = model.initializer("w", new long[] {4, 3, 3, 3}, weights);
 * var y = model.node("Conv", x, w).ints("pads", 1, 1, 1, 1).output();
 * model.output(y, DataType.FLOAT, 1, 4, 8, 8);
 * model.write(path);
 * }</pre>
 *
 * <p>Values are known by their ONNX names, which the methods return. Weights are not held: {@link
 * #writeTo} asks each {@link TensorContent} for its bytes as it reaches them. Equal calls give
 * equal bytes. Not safe for use by several threads.
 */
public final class OnnxBuilder {

  /** The version of the file format that came with opset 17; every later runtime reads it. */
  private static final long IR_VERSION = 8;

  private final GraphProto.Builder graph;
  private final int opset;
  private final List<Initializer> initializers = new ArrayList<>();
  private int anonymous;

  private record Initializer(TensorProto header, long byteSize, TensorContent content) {}

  /**
   * Starts a model.
   *
   * @param name the graph's name
   * @param opset the version of the default operator set
   */
  public OnnxBuilder(String name, int opset) {
    this.graph = GraphProto.newBuilder().setName(name);
    this.opset = opset;
  }

  /** Declares an input with the given sizes and returns its name. */
  public String input(String name, DataType type, long... dims) {
    graph.addInput(value(name, type, fixed(dims)));
    return name;
  }

  /** Declares an input whose dimensions are numbers or symbolic names, and returns its name. */
  public String input(String name, DataType type, String... dims) {
    graph.addInput(value(name, type, parsed(dims)));
    return name;
  }

  /** Declares an existing value as an output of the graph. */
  public OnnxBuilder output(String name, DataType type, long... dims) {
    graph.addOutput(value(name, type, fixed(dims)));
    return this;
  }

  /** Declares an existing value as an output whose dimensions are numbers or symbolic names. */
  public OnnxBuilder output(String name, DataType type, String... dims) {
    graph.addOutput(value(name, type, parsed(dims)));
    return this;
  }

  /**
   * Adds a weight and returns its name.
   *
   * @param content writes exactly as many elements as {@code dims} hold
   */
  public String initializer(String name, DataType type, long[] dims, TensorContent content) {
    var header =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .addAllDims(Arrays.stream(dims).boxed().toList())
            .build();
    var elements = Arrays.stream(dims).reduce(1, Math::multiplyExact);
    var byteSize = Math.multiplyExact(elements, elementBytes(type));
    initializers.add(new Initializer(header, byteSize, content));
    return name;
  }

  /** Adds a float32 weight whose elements are given. */
  public String initializer(String name, long[] dims, float... elements) {
    return initializer(name, DataType.FLOAT, dims, TensorContent.of(elements));
  }

  /** Adds an int64 weight whose elements are given. */
  public String initializer(String name, long[] dims, long... elements) {
    return initializer(name, DataType.INT64, dims, TensorContent.of(elements));
  }

  /**
   * Starts a node; {@link Node#output()} adds it.
   *
   * @param inputs names of values; an empty name leaves an optional input out
   */
  public Node node(String opType, String... inputs) {
    return new Node(opType, inputs);
  }

  /** A {@code Constant} node that holds one float32 scalar. */
  public String constant(float value) {
    return node("Constant")
        .tensor("value", scalar(DataType.FLOAT, TensorContent.of(value)))
        .output();
  }

  /** A {@code Constant} node that holds one int64 scalar. */
  public String constant(long value) {
    return node("Constant")
        .tensor("value", scalar(DataType.INT64, TensorContent.of(value)))
        .output();
  }

  /** A {@code Constant} node that holds a vector of int64. */
  public String constants(long... values) {
    var tensor =
        TensorProto.newBuilder()
            .setDataType(DataType.INT64_VALUE)
            .addDims(values.length)
            .setRawData(bytes(TensorContent.of(values)))
            .build();
    return node("Constant").tensor("value", tensor).output();
  }

  /** The model as a message, weights included; for models that fit into memory. */
  public ModelProto build() {
    var out = ByteString.newOutput();
    try {
      writeTo(out);
      return ModelProto.parseFrom(out.toByteString());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the builder wrote a message that does not parse", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The graph alone, for use as a subgraph attribute. */
  public GraphProto buildGraph() {
    return build().getGraph();
  }

  /** Writes the model to a file, replacing what is there. */
  public void write(Path file) throws IOException {
    try (var out = Files.newOutputStream(file)) {
      writeTo(out);
    }
  }

  /**
   * Writes the model. Memory use does not depend on the size of the weights: a protobuf message is
   * the concatenation of its fields, so the graph's length is computed first and the weights follow
   * one by one.
   *
   * @throws ArithmeticException when the model is larger than the 2 GB that a protobuf file can
   *     hold
   */
  public void writeTo(OutputStream out) throws IOException {
    var frame =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("jtvmc")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
            .build();
    var structure = graph.build();
    long graphBytes = structure.getSerializedSize();
    for (var initializer : initializers) {
      graphBytes +=
          CodedOutputStream.computeTagSize(GraphProto.INITIALIZER_FIELD_NUMBER)
              + CodedOutputStream.computeUInt32SizeNoTag(tensorBytes(initializer))
              + (long) tensorBytes(initializer);
    }
    var coded = CodedOutputStream.newInstance(out, 1 << 16);
    frame.writeTo(coded);
    coded.writeTag(ModelProto.GRAPH_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    coded.writeUInt32NoTag(Math.toIntExact(graphBytes));
    structure.writeTo(coded);
    for (var initializer : initializers) {
      coded.writeTag(GraphProto.INITIALIZER_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      coded.writeUInt32NoTag(tensorBytes(initializer));
      initializer.header.writeTo(coded);
      coded.writeTag(TensorProto.RAW_DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      coded.writeUInt32NoTag(Math.toIntExact(initializer.byteSize));
      coded.flush();
      var counted = new CountingStream(out);
      initializer.content.writeTo(counted);
      if (counted.written != initializer.byteSize) {
        throw new IllegalStateException(
            "the content of '%s' is %d bytes where its shape needs %d"
                .formatted(initializer.header.getName(), counted.written, initializer.byteSize));
      }
    }
    coded.flush();
  }

  private static int tensorBytes(Initializer initializer) {
    return Math.toIntExact(
        initializer.header.getSerializedSize()
            + CodedOutputStream.computeTagSize(TensorProto.RAW_DATA_FIELD_NUMBER)
            + CodedOutputStream.computeUInt32SizeNoTag(Math.toIntExact(initializer.byteSize))
            + initializer.byteSize);
  }

  private static long elementBytes(DataType type) {
    return OnnxTypes.bits(type.getNumber()) / Byte.SIZE;
  }

  private static TensorProto scalar(DataType type, TensorContent content) {
    return TensorProto.newBuilder()
        .setDataType(type.getNumber())
        .setRawData(bytes(content))
        .build();
  }

  private static ByteString bytes(TensorContent content) {
    var out = new ByteArrayOutputStream();
    try {
      content.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ByteString.copyFrom(out.toByteArray());
  }

  private static ValueInfoProto value(String name, DataType type, TensorShapeProto shape) {
    var tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape);
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  private static TensorShapeProto fixed(long[] dims) {
    var shape = TensorShapeProto.newBuilder();
    for (var dim : dims) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
    }
    return shape.build();
  }

  private static TensorShapeProto parsed(String[] dims) {
    var shape = TensorShapeProto.newBuilder();
    for (var dim : dims) {
      var number = dim.chars().allMatch(Character::isDigit);
      shape.addDim(
          number
              ? TensorShapeProto.Dimension.newBuilder().setDimValue(Long.parseLong(dim))
              : TensorShapeProto.Dimension.newBuilder().setDimParam(dim));
    }
    return shape.build();
  }

  /** One node under construction. */
  public final class Node {

    private final NodeProto.Builder proto;

    private Node(String opType, String... inputs) {
      proto = NodeProto.newBuilder().setOpType(opType).addAllInput(Arrays.asList(inputs));
    }

    /** Names the node, and with it its outputs. */
    public Node named(String name) {
      proto.setName(name);
      return this;
    }

    /** Puts the operator into another domain than ONNX's own. */
    public Node domain(String domain) {
      proto.setDomain(domain);
      return this;
    }

    public Node integer(String name, long value) {
      return attribute(name, AttributeProto.AttributeType.INT, a -> a.setI(value));
    }

    public Node ints(String name, long... values) {
      return attribute(
          name,
          AttributeProto.AttributeType.INTS,
          a -> a.addAllInts(Arrays.stream(values).boxed().toList()));
    }

    public Node real(String name, float value) {
      return attribute(name, AttributeProto.AttributeType.FLOAT, a -> a.setF(value));
    }

    public Node reals(String name, List<Float> values) {
      return attribute(name, AttributeProto.AttributeType.FLOATS, a -> a.addAllFloats(values));
    }

    public Node string(String name, String value) {
      return attribute(
          name, AttributeProto.AttributeType.STRING, a -> a.setS(ByteString.copyFromUtf8(value)));
    }

    public Node strings(String name, String... values) {
      return attribute(
          name,
          AttributeProto.AttributeType.STRINGS,
          a -> Arrays.stream(values).map(ByteString::copyFromUtf8).forEach(a::addStrings));
    }

    public Node tensor(String name, TensorProto value) {
      return attribute(name, AttributeProto.AttributeType.TENSOR, a -> a.setT(value));
    }

    public Node graph(String name, GraphProto value) {
      return attribute(name, AttributeProto.AttributeType.GRAPH, a -> a.setG(value));
    }

    /** Adds the node with one output, and returns that output's name. */
    public String output() {
      return outputs(1).getFirst();
    }

    /** Adds the node with {@code count} outputs, and returns their names. */
    public List<String> outputs(int count) {
      if (proto.getName().isEmpty()) {
        proto.setName(proto.getOpType() + "_" + anonymous++);
      }
      for (int i = 0; i < count; i++) {
        proto.addOutput(proto.getName() + (i == 0 ? "_output" : "_output_" + i));
      }
      graph.addNode(proto);
      return List.copyOf(proto.getOutputList());
    }

    /** Adds the node with an output of the given name. */
    public String output(String name) {
      if (proto.getName().isEmpty()) {
        proto.setName(proto.getOpType() + "_" + anonymous++);
      }
      graph.addNode(proto.addOutput(name));
      return name;
    }

    private Node attribute(
        String name, AttributeProto.AttributeType type, Consumer<AttributeProto.Builder> value) {
      var attribute = AttributeProto.newBuilder().setName(name).setType(type);
      value.accept(attribute);
      proto.addAttribute(attribute);
      return this;
    }
  }

  private static final class CountingStream extends OutputStream {

    private final OutputStream out;
    private long written;

    private CountingStream(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      written++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      written += length;
    }
  }
}
