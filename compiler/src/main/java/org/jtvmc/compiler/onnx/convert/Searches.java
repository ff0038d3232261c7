package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;

/** Positions of extremes, the largest elements, running sums and products. */
final class Searches {

  private Searches() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("ArgMax", node -> extreme(node, "argmax")),
        Conversion.of("ArgMin", node -> extreme(node, "argmin")),
        Conversion.of("CumSum", node -> running(node, "cumsum")),
        Conversion.from(26, "CumProd", node -> running(node, "cumprod")),
        new Conversion("", "TopK", 1, node -> topK(node, node.requiredInteger("k"))),
        new Conversion(
            "", "TopK", 10, node -> topK(node, (long) node.scalar(1, "a number of elements"))));
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

  private static List<Expr> topK(OnnxNode node, long k) {
    Expr both =
        node.call(
            "topk",
            Attributes.builder()
                .put("k", k)
                .put("axis", node.axis(node.integer("axis", -1), node.rank(0)))
                .put("largest", node.flag("largest", true)),
            node.input(0));
    return both instanceof Tuple(List<Expr> fields, _)
        ? fields
        : List.of(TupleGetItem.of(both, 0), TupleGetItem.of(both, 1));
  }

  private static Expr running(OnnxNode node, String operator) {
    return node.call(
        operator,
        Attributes.builder()
            .put("axis", node.axis((long) node.scalar(1, "an axis"), node.rank(0)))
            .put("exclusive", node.flag("exclusive", false))
            .put("reverse", node.flag("reverse", false)),
        node.input(0));
  }
}
