package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** BatchNormalization: by running statistics, or, in training, by those of the batch. */
final class BatchNormalizations {

  private BatchNormalizations() {}

  static List<Conversion> all() {
    return List.of(new Conversion("", "BatchNormalization", 1, BatchNormalizations::batchNorm));
  }

  private static List<Expr> batchNorm(OnnxNode node) {
    if (!node.flag("spatial", true)) {
      throw node.fault("is not spatial; export the model with a newer operator set");
    }
    if (!node.flag("training_mode", false)) {
      return List.of(normalized(node, node.input(3), node.input(4)));
    }
    Composer c = new Composer(node);
    Expr x = node.input(0);
    long[] axes = LongStream.range(0, c.rank(x)).filter(axis -> axis != 1).toArray();
    Expr mean = c.reduce("mean", x, true, axes);
    Expr centred = c.subtract(x, mean);
    Expr variance = c.reduce("mean", c.multiply(centred, centred), false, axes);
    Expr flat = c.squeeze(mean, axes);
    double momentum = node.real("momentum", 0.9f);
    return List.of(
        normalized(node, flat, variance),
        running(c, node.input(3), flat, momentum),
        running(c, node.input(4), variance, momentum));
  }

  private static Expr running(Composer c, Expr before, Expr now, double momentum) {
    return c.add(c.multiply(before, momentum), c.multiply(c.castLike(now, before), 1 - momentum));
  }

  private static Expr normalized(OnnxNode node, Expr mean, Expr variance) {
    return node.call(
        "nn.batch_norm",
        Attributes.builder().put("axis", 1).put("epsilon", node.real("epsilon", 1e-5f)),
        node.input(0),
        node.input(1),
        node.input(2),
        mean,
        variance);
  }
}
