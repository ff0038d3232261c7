package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Pad: attributes before version 11, inputs since; since 18 some axes may be named. */
final class Pads {

  private Pads() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of(
            "Pad",
            node ->
                pad(
                    node,
                    node.integers("pads").or(() -> node.integers("paddings")).orElse(List.of()),
                    node.real("value", 0))),
        Conversion.from(
            11,
            "Pad",
            node ->
                pad(
                    node,
                    onAllAxes(node, node.integers(1, "pads")),
                    node.has(2) ? node.scalar(2, "a padding value") : 0)));
  }

  private static Expr pad(OnnxNode node, List<Long> pads, double value) {
    return node.call(
        "nn.pad",
        Attributes.builder()
            .put("pad_width", pads)
            .put("pad_mode", node.text("mode", "constant"))
            .put("pad_value", value),
        node.input(0));
  }

  private static List<Long> onAllAxes(OnnxNode node, List<Long> pads) {
    if (!node.has(3)) {
      return pads;
    }
    var axes = node.integers(3, "axes");
    int rank = node.rank(0);
    if (pads.size() != 2 * axes.size()) {
      throw node.fault("pads %d axes by %s".formatted(axes.size(), pads));
    }
    var all = new ArrayList<>(Collections.nCopies(2 * rank, 0L));
    for (int i = 0; i < axes.size(); i++) {
      int axis = node.axis(axes.get(i), rank);
      all.set(axis, pads.get(i));
      all.set(axis + rank, pads.get(i + axes.size()));
    }
    return all;
  }
}
