package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Transpose; without a permutation it reverses the axes. */
final class Transposes {

  private Transposes() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("Transpose", Transposes::transpose));
  }

  private static Expr transpose(OnnxNode node) {
    var attributes = Attributes.builder();
    node.integers("perm").ifPresent(permutation -> attributes.put("axes", permutation));
    return node.call("transpose", attributes, node.input(0));
  }
}
