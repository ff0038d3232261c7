package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;

/** Concat: its axis has had to be given since version 4, and was 1 where it was not before. */
final class Concats {

  private Concats() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("Concat", node -> concat(node, node.integer("axis", 1))),
        Conversion.from(4, "Concat", node -> concat(node, node.requiredInteger("axis"))));
  }

  private static Expr concat(OnnxNode node, long axis) {
    var inputs = node.inputs();
    if (inputs.size() == 1) {
      return inputs.getFirst();
    }
    return node.call(
        "concatenate",
        Attributes.builder().put("axis", node.axis(axis, node.rank(0))),
        Tuple.of(inputs));
  }
}
