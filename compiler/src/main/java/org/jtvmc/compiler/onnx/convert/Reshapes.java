package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.Dim;

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
            node ->
                node.call(
                    "reshape",
                    Attributes.builder()
                        .put("newshape", items(node.integersOrSizes(1, "sizes")))
                        .put("allow_zero", node.flag("allowzero", false)),
                    node.input(0))),
        Conversion.of("Flatten", Reshapes::flatten),
        Conversion.of("Squeeze", Reshapes::squeeze),
        Conversion.of("Unsqueeze", Reshapes::unsqueeze));
  }

  private static AttributeValue items(List<AttributeValue> values) {
    return new AttributeValue.Items(values);
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
    return node.call(
        "reshape",
        Attributes.builder()
            .putSizes(
                "newshape",
                List.of(product(sizes.subList(0, cut)), product(sizes.subList(cut, rank))))
            .put("allow_zero", true),
        node.input(0));
  }

  private static Dim product(List<Dim> sizes) {
    return sizes.stream().reduce(Dim.of(1), Dim::times);
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
