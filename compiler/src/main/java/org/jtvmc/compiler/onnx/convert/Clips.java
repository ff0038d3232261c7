package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Clip: its bounds were attributes before version 11, and are inputs that may be missing since. */
final class Clips {

  private Clips() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("Clip", Clips::byAttributes), Conversion.from(11, "Clip", Clips::byInputs));
  }

  private static Expr byAttributes(OnnxNode node) {
    var bounds = Attributes.builder();
    if (node.hasAttribute("min")) {
      bounds.put("a_min", node.real("min", 0));
    }
    if (node.hasAttribute("max")) {
      bounds.put("a_max", node.real("max", 0));
    }
    return node.call("clip", bounds, node.input(0));
  }

  private static Expr byInputs(OnnxNode node) {
    boolean known =
        (!node.has(1) || node.known(1).isPresent()) && (!node.has(2) || node.known(2).isPresent());
    // Large integers are not exact as attributes, which are floating point.
    if (!known || !node.type(0).dtype().isFloat()) {
      var clipped = node.input(0);
      clipped = node.has(1) ? node.call("maximum", clipped, bound(node, 1)) : clipped;
      return node.has(2) ? node.call("minimum", clipped, bound(node, 2)) : clipped;
    }
    var bounds = Attributes.builder();
    if (node.has(1)) {
      bounds.put("a_min", node.scalar(1, "lower bound"));
    }
    if (node.has(2)) {
      bounds.put("a_max", node.scalar(2, "upper bound"));
    }
    return node.call("clip", bounds, node.input(0));
  }

  /** A bound as a value of rank 0: exporters also write it as a vector of one element. */
  private static Expr bound(OnnxNode node, int input) {
    return node.rank(input) == 0 ? node.input(input) : node.reshape(node.input(input), List.of());
  }
}
