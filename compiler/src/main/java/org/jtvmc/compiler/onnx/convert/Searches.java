package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Positions of extremes, and running sums. */
final class Searches {

  private Searches() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("ArgMax", node -> extreme(node, "argmax")),
        Conversion.of("ArgMin", node -> extreme(node, "argmin")),
        Conversion.of("CumSum", Searches::runningSum));
  }

  private static Expr extreme(OnnxNode node, String operator) {
    return node.call(
        operator,
        Attributes.builder()
            .put("axis", node.axis(node.integer("axis", 0), node.rank(0)))
            .put("keepdims", node.flag("keepdims", true))
            .put("select_last_index", node.flag("select_last_index", false)),
        node.input(0));
  }

  private static Expr runningSum(OnnxNode node) {
    return node.call(
        "cumsum",
        Attributes.builder()
            .put("axis", node.axis((long) node.scalar(1, "an axis"), node.rank(0)))
            .put("exclusive", node.flag("exclusive", false))
            .put("reverse", node.flag("reverse", false)),
        node.input(0));
  }
}
