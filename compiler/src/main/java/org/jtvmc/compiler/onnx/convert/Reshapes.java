package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** The same elements under another shape. */
final class Reshapes {

  private Reshapes() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of(
            "Reshape", node -> reshape(node, node.integers("shape").orElse(List.of()), false)),
        Conversion.from(
            5,
            "Reshape",
            node -> reshape(node, node.integers(1, "sizes"), node.flag("allowzero", false))),
        Conversion.of("Flatten", Reshapes::flatten),
        Conversion.of("Squeeze", Reshapes::squeeze),
        Conversion.of("Unsqueeze", Reshapes::unsqueeze));
  }

  private static Expr reshape(OnnxNode node, List<Long> shape, boolean allowZero) {
    return node.call(
        "reshape",
        Attributes.builder().put("newshape", shape).put("allow_zero", allowZero),
        node.input(0));
  }

  /** A matrix: what stands before the axis are its rows. */
  private static Expr flatten(OnnxNode node) {
    long axis = node.integer("axis", 1);
    int rank = node.rank(0);
    if (axis < -rank || axis > rank) {
      throw node.fault("flattens at axis %d of %d dimensions".formatted(axis, rank));
    }
    int cut = (int) (axis < 0 ? axis + rank : axis);
    var sizes = node.type(0).shape();
    // One of the two parts may be left to inference, and so may have unknown sizes.
    boolean rowsKnown = sizes.subList(0, cut).stream().allMatch(dim -> dim.isKnown());
    boolean columnsKnown = sizes.subList(cut, rank).stream().allMatch(dim -> dim.isKnown());
    long rows = !rowsKnown && columnsKnown ? -1 : product(node, 0, cut);
    long columns = columnsKnown ? product(node, cut, rank) : -1;
    return reshape(node, List.of(rows, columns), rows >= 0 && columns >= 0);
  }

  private static long product(OnnxNode node, int from, int to) {
    return node.type(0).shape().subList(from, to).stream()
        .map(node::size)
        .reduce(1L, Math::multiplyExact);
  }

  private static Expr squeeze(OnnxNode node) {
    var axes = node.integersFrom("axes", 1, "axes");
    var attributes = Attributes.builder();
    axes.ifPresent(list -> attributes.put("axis", list));
    return node.call("squeeze", attributes, node.input(0));
  }

  private static Expr unsqueeze(OnnxNode node) {
    var axes = node.integersFrom("axes", 1, "axes").orElseThrow(() -> node.fault("lacks its axes"));
    return node.call("expand_dims", Attributes.builder().put("axes", axes), node.input(0));
  }
}
