package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/**
 * Softmax and its kin. Since version 13 they work along one axis; before, the axis was where the
 * input was cut into a matrix, whose rows they worked on.
 */
final class Softmaxes {

  private Softmaxes() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("Softmax", node -> byRows(node, x -> along(node, "nn.softmax", x, -1))),
        Conversion.from(13, "Softmax", node -> byAxis(node, "nn.softmax")),
        Conversion.of(
            "LogSoftmax", node -> byRows(node, x -> along(node, "nn.log_softmax", x, -1))),
        Conversion.from(13, "LogSoftmax", node -> byAxis(node, "nn.log_softmax")),
        Conversion.of("Hardmax", node -> byRows(node, x -> hardmax(node, x, -1))),
        Conversion.from(
            13, "Hardmax", node -> hardmax(node, node.input(0), node.integer("axis", -1))));
  }

  private static Expr byAxis(OnnxNode node, String operator) {
    return along(node, operator, node.input(0), node.axis(node.integer("axis", -1), node.rank(0)));
  }

  private static Expr along(OnnxNode node, String operator, Expr x, long axis) {
    return node.call(operator, Attributes.builder().put("axis", axis), x);
  }

  private static Expr byRows(OnnxNode node, UnaryOperator<Expr> operation) {
    var x = node.input(0);
    int axis = node.axis(node.integer("axis", 1), node.rank(0));
    if (axis == node.rank(0) - 1) {
      return operation.apply(x); // The rows are the last axis.
    }
    var sizes = node.sizes(0);
    long columns = sizes.subList(axis, sizes.size()).stream().reduce(1L, Math::multiplyExact);
    long rows = sizes.subList(0, axis).stream().reduce(1L, Math::multiplyExact);
    return node.reshape(operation.apply(node.reshape(x, List.of(rows, columns))), sizes);
  }

  private static Expr hardmax(OnnxNode node, Expr x, long axis) {
    int at = node.axis(axis, node.type(x).rank());
    var winners = node.call("argmax", Attributes.builder().put("axis", at), x);
    return node.call(
        "one_hot",
        Attributes.builder()
            .put("depth", node.size(node.type(x).dim(at)))
            .put("axis", at)
            .put("on_value", 1.0)
            .put("off_value", 0.0)
            .put("dtype", node.type(x).dtype()),
        winners);
  }
}
