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
        Conversion.of("Softmax", node -> softmax(node, node.input(0), node.integer("axis", 1), 1)),
        Conversion.from(
            13, "Softmax", node -> softmax(node, node.input(0), node.integer("axis", -1), 13)),
        Conversion.of(
            "LogSoftmax",
            node ->
                byRows(
                    node,
                    node.input(0),
                    node.integer("axis", 1),
                    x -> along(node, "nn.log_softmax", x, -1))),
        Conversion.from(13, "LogSoftmax", node -> byAxis(node, "nn.log_softmax")),
        Conversion.of(
            "Hardmax",
            node ->
                byRows(node, node.input(0), node.integer("axis", 1), x -> hardmax(node, x, -1))),
        Conversion.from(
            13, "Hardmax", node -> hardmax(node, node.input(0), node.integer("axis", -1))));
  }

  private static Expr byAxis(OnnxNode node, String operator) {
    return along(node, operator, node.input(0), node.axis(node.integer("axis", -1), node.rank(0)));
  }

  private static Expr along(OnnxNode node, String operator, Expr x, long axis) {
    return node.call(operator, Attributes.builder().put("axis", axis), x);
  }

  /** Softmax as a version of the operator set has it. */
  static Expr softmax(OnnxNode node, Expr x, long axis, long version) {
    return version < 13
        ? byRows(node, x, axis, rows -> along(node, "nn.softmax", rows, -1))
        : along(node, "nn.softmax", x, node.axis(axis, node.rank(0)));
  }

  /**
   * Works on the rows of a matrix.
   *
   * @param x of the shape of the first input
   * @param first the axis where it is cut into a matrix
   */
  private static Expr byRows(OnnxNode node, Expr x, long first, UnaryOperator<Expr> operation) {
    int axis = node.axis(first, node.rank(0));
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
