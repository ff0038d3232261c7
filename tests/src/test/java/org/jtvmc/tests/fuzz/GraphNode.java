package org.jtvmc.tests.fuzz;

import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.onnx.OnnxBuilder;

/**
 * A node of a random graph, as data: shrinking a graph takes nodes away.
 *
 * @param attributes values are {@code Long}, {@code Float}, {@code String} or lists of {@code Long}
 */
record GraphNode(
    String operator, List<String> inputs, Map<String, Object> attributes, List<String> outputs) {

  void addTo(OnnxBuilder model) {
    OnnxBuilder.Node node = model.node(operator, inputs.toArray(String[]::new));
    // The builder names outputs after the node: "v3_output", "v3_output_1".
    node.named(outputs.getFirst().replaceFirst("_output$", ""));
    attributes.forEach((name, value) -> add(node, name, value));
    node.outputs(outputs.size());
  }

  private static void add(OnnxBuilder.Node node, String name, Object value) {
    switch (value) {
      case Long number -> node.integer(name, number);
      case Float number -> node.real(name, number);
      case String text -> node.string(name, text);
      case List<?> numbers ->
          node.ints(name, numbers.stream().mapToLong(number -> (Long) number).toArray());
      default -> throw new IllegalArgumentException(name + " is a " + value.getClass());
    }
  }

  @Override
  public String toString() {
    return "%s = %s(%s) %s"
        .formatted(
            String.join(", ", outputs), operator, String.join(", ", inputs), attributes.toString());
  }
}
