package org.jtvmc.compiler.conformance;

import ai.onnx.proto.OnnxMl.ModelProto;
import java.util.List;

/** The operators that a model's graph is made of. */
final class OperatorNames {

  private OperatorNames() {}

  /** Each once, in alphabetical order; with its domain where that is not ONNX's own. */
  static List<String> of(ModelProto model) {
    return model.getGraph().getNodeList().stream()
        .map(
            node ->
                node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx")
                    ? node.getOpType()
                    : node.getDomain() + "." + node.getOpType())
        .distinct()
        .sorted()
        .toList();
  }
}
