package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;

/** Reading at computed positions. */
final class Gathers {

  private Gathers() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of(
            "Gather", node -> node.call("take", axis(node), node.input(0), node.input(1))),
        Conversion.of(
            "GatherElements",
            node -> node.call("gather", axis(node), node.input(0), node.input(1))),
        Conversion.of(
            "GatherND",
            node ->
                node.call(
                    "gather_nd",
                    Attributes.builder().put("batch_dims", node.integer("batch_dims", 0)),
                    node.input(0),
                    node.input(1))));
  }

  private static Attributes.Builder axis(OnnxNode node) {
    return Attributes.builder().put("axis", node.axis(node.integer("axis", 0), node.rank(0)));
  }
}
