package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** OneHot: depth and the two values have to be known when the model is compiled. */
final class OneHots {

  private OneHots() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("OneHot", OneHots::oneHot));
  }

  private static Expr oneHot(OnnxNode node) {
    var values = node.reals(2, "an off and an on value");
    if (values.size() != 2) {
      throw node.fault(
          "has %d values where it needs an off and an on value".formatted(values.size()));
    }
    return node.call(
        "one_hot",
        Attributes.builder()
            .put("depth", (long) node.scalar(1, "a depth"))
            .put("axis", node.axis(node.integer("axis", -1), node.rank(0) + 1))
            .put("off_value", values.get(0))
            .put("on_value", values.get(1))
            .put("dtype", node.type(2).dtype()),
        node.input(0));
  }
}
