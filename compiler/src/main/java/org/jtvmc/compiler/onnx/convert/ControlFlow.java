package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Expr;

/** If, whose condition has to be known when the model is compiled. */
final class ControlFlow {

  private ControlFlow() {}

  static List<Conversion> all() {
    return List.of(new Conversion("", "If", 1, ControlFlow::branch));
  }

  private static List<Expr> branch(OnnxNode node) {
    return node.inline(node.scalar(0, "a condition") != 0 ? "then_branch" : "else_branch");
  }
}
