package org.jtvmc.tests.operators;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** An ONNX model of one node, with the contents of its inputs. */
final class OneNodeModel {
  private static final int OPSET = 17;

  private final String operator;
  private int opset = OPSET;
  private int outputs = 1;
  private String domain = "";
  private int domainVersion = 1;
  private final Map<String, NDArray> inputs = new LinkedHashMap<>();
  private final Map<String, NDArray> weights = new LinkedHashMap<>();
  private final List<String> arguments = new ArrayList<>();
  private final List<Consumer<OnnxBuilder.Node>> attributes = new ArrayList<>();
  private final List<String> description = new ArrayList<>();

  OneNodeModel(String operator) {
    this.operator = operator;
  }

  OneNodeModel opset(int version) {
    opset = version;
    return this;
  }

  /** Puts the operator into another operator set than ONNX's own. */
  OneNodeModel domain(String name) {
    return domain(name, 1);
  }

  /** The same, of a version of that set. */
  OneNodeModel domain(String name, int version) {
    domain = name;
    domainVersion = version;
    return this;
  }

  OneNodeModel outputs(int count) {
    outputs = count;
    return this;
  }

  /** A value that is known when the model runs. */
  OneNodeModel input(NDArray value) {
    String name = "in" + arguments.size();
    inputs.put(name, value);
    return argument(name, value);
  }

  /** A value that is part of the model. */
  OneNodeModel weight(NDArray value) {
    String name = "w" + arguments.size();
    weights.put(name, value);
    return argument(name, value);
  }

  OneNodeModel weight(long... values) {
    return weight(NDArray.ofLongs(Arrays.stream(values).boxed().toList()));
  }

  /** An optional input that is left out. */
  OneNodeModel absent() {
    arguments.add("");
    return this;
  }

  private OneNodeModel argument(String name, NDArray value) {
    arguments.add(name);
    String contents =
        value.dtype().isString()
            ? "=" + value.texts()
            : value.elements() <= 8 && !value.dtype().isFloat() ? "=" + integers(value) : "";
    description.add(value.type() + contents);
    return this;
  }

  private static List<Long> integers(NDArray value) {
    List<Long> values = new ArrayList<>();
    for (long i = 0; i < value.elements(); i++) {
      values.add(value.getLong(i));
    }
    return values;
  }

  OneNodeModel integer(String name, long value) {
    return attribute(name, value, node -> node.integer(name, value));
  }

  OneNodeModel flag(String name, boolean value) {
    return integer(name, value ? 1 : 0);
  }

  OneNodeModel integers(String name, long... values) {
    return attribute(name, Arrays.toString(values), node -> node.ints(name, values));
  }

  OneNodeModel real(String name, float value) {
    return attribute(name, value, node -> node.real(name, value));
  }

  OneNodeModel text(String name, String value) {
    return attribute(name, value, node -> node.string(name, value));
  }

  OneNodeModel reals(String name, List<Float> values) {
    return attribute(name, values, node -> node.reals(name, values));
  }

  OneNodeModel texts(String name, String... values) {
    return attribute(name, Arrays.toString(values), node -> node.strings(name, values));
  }

  private OneNodeModel attribute(String name, Object value, Consumer<OnnxBuilder.Node> attribute) {
    description.add(name + "=" + value);
    attributes.add(attribute);
    return this;
  }

  String operator() {
    return operator;
  }

  /** The contents of the graph's inputs, by name, in order. */
  Map<String, NDArray> inputs() {
    return inputs;
  }

  ModelProto proto() {
    OnnxBuilder builder = new OnnxBuilder(operator, opset);
    inputs.forEach((name, value) -> builder.input(name, type(value.dtype()), shape(value)));
    weights.forEach(
        (name, value) ->
            builder.initializer(
                name,
                type(value.dtype()),
                shape(value),
                out -> out.write(value.data().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))));
    OnnxBuilder.Node node = builder.node(operator, arguments.toArray(String[]::new));
    attributes.forEach(attribute -> attribute.accept(node));
    node.domain(domain);
    List<String> results = node.outputs(outputs);
    ModelProto.Builder model = builder.build().toBuilder();
    if (!domain.isEmpty()) {
      model.addOpsetImport(
          OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(domainVersion));
    }
    for (String result : results) {
      model.getGraphBuilder().addOutput(ValueInfoProto.newBuilder().setName(result));
    }
    return model.build();
  }

  private static long[] shape(NDArray value) {
    return value.type().sizes().stream().mapToLong(Long::longValue).toArray();
  }

  static DataType type(DType dtype) {
    return switch (dtype.kind()) {
      case BOOL -> DataType.BOOL;
      case BFLOAT -> DataType.BFLOAT16;
      case FLOAT ->
          switch (dtype.bits()) {
            case 64 -> DataType.DOUBLE;
            case 32 -> DataType.FLOAT;
            default -> DataType.FLOAT16;
          };
      case FLOAT8_E4M3FN -> DataType.FLOAT8E4M3FN;
      case FLOAT8_E4M3FNUZ -> DataType.FLOAT8E4M3FNUZ;
      case FLOAT8_E5M2 -> DataType.FLOAT8E5M2;
      case FLOAT8_E5M2FNUZ -> DataType.FLOAT8E5M2FNUZ;
      case TFLOAT, FLOAT8_E8M0FNU, FLOAT4_E2M1FN ->
          throw new IllegalArgumentException("no tensor of type " + dtype);
      case STRING -> DataType.STRING;
      case INT, UINT -> DataType.valueOf(dtype.toString().toUpperCase(java.util.Locale.ROOT));
    };
  }

  /** {@code Conv-17(Tensor[(1, 3, 8, 8), float32], pads=[1, 1, 1, 1])}. */
  @Override
  public String toString() {
    return operator
        + "-"
        + opset
        + description.stream().collect(Collectors.joining(", ", "(", ")"));
  }
}
