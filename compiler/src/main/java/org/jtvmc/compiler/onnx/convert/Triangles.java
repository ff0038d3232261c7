package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Trilu: the upper or lower triangle of matrices. */
final class Triangles {

  private Triangles() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("Trilu", Triangles::trilu));
  }

  private static Expr trilu(OnnxNode node) {
    return node.call(
        "trilu",
        Attributes.builder()
            .put("upper", node.flag("upper", true))
            .put("k", node.has(1) ? (long) node.scalar(1, "a diagonal") : 0),
        node.input(0));
  }
}
