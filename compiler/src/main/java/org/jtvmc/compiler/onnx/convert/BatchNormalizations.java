package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** BatchNormalization for inference: by running statistics. */
final class BatchNormalizations {

  private BatchNormalizations() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("BatchNormalization", BatchNormalizations::batchNorm));
  }

  private static Expr batchNorm(OnnxNode node) {
    if (node.flag("training_mode", false) || !node.flag("spatial", true)) {
      throw node.fault("is in training mode or not spatial; export the model for inference");
    }
    return node.call(
        "nn.batch_norm",
        Attributes.builder().put("axis", 1).put("epsilon", node.real("epsilon", 1e-5f)),
        node.input(0),
        node.input(1),
        node.input(2),
        node.input(3),
        node.input(4));
  }
}
