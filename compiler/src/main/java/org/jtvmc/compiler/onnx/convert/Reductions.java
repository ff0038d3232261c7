package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.Map;
import java.util.Set;
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
    return names().stream().map(name -> Conversion.of(name, Reductions::reduce)).toList();
  }

  /** ONNX's names. */
  static Set<String> names() {
    return OPERATORS.keySet();
  }

  /** Our name of what a node computes. */
  static String operator(OnnxNode node) {
    String operator = OPERATORS.get(node.operator());
    boolean isBool = node.type(0).dtype().isBool();
    return isBool ? (operator.equals("max") ? "any" : "all") : operator;
  }

  private static Expr reduce(OnnxNode node) {
    var axes = node.integersFrom("axes", 1, "axes").orElse(List.of());
    if (axes.isEmpty() && node.flag("noop_with_empty_axes", false)) {
      return node.input(0);
    }
    return reduce(node, axes);
  }

  /** Over these axes; over all where there are none. */
  static Expr reduce(OnnxNode node, List<Long> axes) {
    var within = axes.stream().map(axis -> (long) node.axis(axis, node.rank(0))).toList();
    return node.call(
        operator(node),
        Attributes.builder().put("axes", within).put("keepdims", node.flag("keepdims", true)),
        node.input(0));
  }
}
