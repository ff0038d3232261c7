package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.Map;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Reductions; the axes are an attribute in old versions and an optional input in new ones. */
final class Reductions {

  /** ONNX's name and ours. */
  private static final Map<String, String> OPERATORS =
      Map.of(
          "ReduceL1", "norm_l1",
          "ReduceL2", "norm_l2",
          "ReduceLogSum", "log_sum",
          "ReduceLogSumExp", "logsumexp",
          "ReduceMax", "max",
          "ReduceMean", "mean",
          "ReduceMin", "min",
          "ReduceProd", "prod",
          "ReduceSum", "sum",
          "ReduceSumSquare", "sum_square");

  private Reductions() {}

  static List<Conversion> all() {
    return OPERATORS.entrySet().stream()
        .map(entry -> Conversion.of(entry.getKey(), node -> reduce(node, entry.getValue())))
        .toList();
  }

  private static Expr reduce(OnnxNode node, String operator) {
    var axes = node.integersFrom("axes", 1, "axes").orElse(List.of());
    if (axes.isEmpty() && node.flag("noop_with_empty_axes", false)) {
      return node.input(0);
    }
    boolean isBool = node.type(0).dtype().isBool();
    var within = axes.stream().map(axis -> (long) node.axis(axis, node.rank(0))).toList();
    return node.call(
        isBool ? (operator.equals("max") ? "any" : "all") : operator,
        Attributes.builder().put("axes", within).put("keepdims", node.flag("keepdims", true)),
        node.input(0));
  }
}
