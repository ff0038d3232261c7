package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Writing at computed positions. */
final class Scatters {

  private Scatters() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("Scatter", Scatters::elements),
        Conversion.of("ScatterElements", Scatters::elements),
        Conversion.of("ScatterND", Scatters::slices));
  }

  private static Expr elements(OnnxNode node) {
    return node.call(
        "scatter_elements",
        Attributes.builder()
            .put("axis", node.axis(node.integer("axis", 0), node.rank(0)))
            .put("reduction", node.text("reduction", "none")),
        node.input(0),
        node.input(1),
        node.input(2));
  }

  private static Expr slices(OnnxNode node) {
    return node.call(
        "scatter_nd",
        Attributes.builder().put("reduction", node.text("reduction", "none")),
        node.input(0),
        node.input(1),
        node.input(2));
  }
}
