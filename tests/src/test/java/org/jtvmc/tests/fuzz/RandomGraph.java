package org.jtvmc.tests.fuzz;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/**
 * A graph that anyone may export, with the contents of its inputs.
 *
 * @param inputs and weights by name
 * @param nodes each after those it reads
 * @param outputs names of values
 */
record RandomGraph(
    Map<String, NDArray> inputs,
    Map<String, NDArray> weights,
    List<GraphNode> nodes,
    List<String> outputs) {
  private static final int OPSET = 17;

  ModelProto proto() {
    OnnxBuilder model = new OnnxBuilder("random", OPSET);
    inputs.forEach((name, value) -> model.input(name, type(value.dtype()), shape(value)));
    weights.forEach(
        (name, value) ->
            model.initializer(
                name,
                type(value.dtype()),
                shape(value),
                out -> out.write(value.data().toArray(ValueLayout.JAVA_BYTE))));
    nodes.forEach(node -> node.addTo(model));
    ModelProto.Builder proto = model.build().toBuilder();
    for (String output : outputs) {
      proto.getGraphBuilder().addOutput(ValueInfoProto.newBuilder().setName(output));
    }
    return proto.build();
  }

  private static long[] shape(NDArray value) {
    return value.type().sizes().stream().mapToLong(Long::longValue).toArray();
  }

  private static DataType type(DType dtype) {
    return switch (dtype.toString()) {
      case "float32" -> DataType.FLOAT;
      case "float64" -> DataType.DOUBLE;
      default -> DataType.valueOf(dtype.toString().toUpperCase(Locale.ROOT));
    };
  }

  /** The same graph with only these outputs, and without what they do not need. */
  RandomGraph withOutputs(List<String> wanted) {
    Set<String> needed = new HashSet<>(wanted);
    List<GraphNode> kept = new ArrayList<>();
    for (GraphNode node : nodes.reversed()) {
      if (node.outputs().stream().anyMatch(needed::contains)) {
        kept.addFirst(node);
        needed.addAll(node.inputs());
      }
    }
    return new RandomGraph(only(inputs, needed), only(weights, needed), kept, wanted);
  }

  /** The same graph with a value given from outside instead of computed. */
  RandomGraph withInput(String name, NDArray value) {
    Map<String, NDArray> more = new LinkedHashMap<>(inputs);
    more.put(name, value);
    List<GraphNode> rest = nodes.stream().filter(node -> !node.outputs().contains(name)).toList();
    return new RandomGraph(more, weights, rest, outputs).withOutputs(outputs);
  }

  private static Map<String, NDArray> only(Map<String, NDArray> arrays, Set<String> names) {
    Map<String, NDArray> some = new LinkedHashMap<>(arrays);
    some.keySet().retainAll(names);
    return some;
  }

  @Override
  public String toString() {
    return inputs.entrySet().stream()
            .map(input -> "input %s: %s%n".formatted(input.getKey(), input.getValue().type()))
            .collect(Collectors.joining())
        + weights.entrySet().stream()
            .map(weight -> "weight %s: %s%n".formatted(weight.getKey(), weight.getValue().type()))
            .collect(Collectors.joining())
        + nodes.stream().map(node -> node + "%n".formatted()).collect(Collectors.joining())
        + "outputs "
        + outputs;
  }
}
