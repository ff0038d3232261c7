package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Elementwise operators on any number of tensors, and the choice between two by a third. */
final class VariadicElementwise {

  private VariadicElementwise() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("Max", node -> fold(node, "maximum")),
        Conversion.of("Min", node -> fold(node, "minimum")),
        Conversion.of("Sum", node -> fold(node, "add")),
        Conversion.of("Mean", VariadicElementwise::mean),
        Conversion.of(
            "Where", node -> node.call("where", node.input(0), node.input(1), node.input(2))));
  }

  private static Expr fold(OnnxNode node, String operator) {
    return node.inputs().stream()
        .reduce((left, right) -> node.call(operator, left, right))
        .orElseThrow(() -> node.fault("has no input"));
  }

  private static Expr mean(OnnxNode node) {
    var sum = fold(node, "add");
    return node.call("divide", sum, node.value(node.type(sum).dtype(), node.inputCount()));
  }

  /** The value with {@code count} dimensions of size 1 after its own. */
  static Expr appendOnes(OnnxNode node, Expr value, int count) {
    if (count <= 0) {
      return value;
    }
    int rank = node.type(value).rank();
    var axes = LongStream.range(rank, rank + count).boxed().toList();
    return node.call("expand_dims", Attributes.builder().put("axes", axes), value);
  }
}
