package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.TensorType;

/** Normalisations by statistics of the input itself. */
final class LayerNormalizations {

  private LayerNormalizations() {}

  static List<Conversion> all() {
    return List.of(
        // ONNX Runtime's optimiser writes it into models of earlier versions, too.
        new Conversion("", "LayerNormalization", 1, LayerNormalizations::layerNorm),
        Conversion.from(23, "RMSNormalization", LayerNormalizations::rmsNorm),
        Conversion.of("InstanceNormalization", LayerNormalizations::instanceNorm),
        Conversion.from(18, "GroupNormalization", LayerNormalizations::groupNorm),
        Conversion.of("LRN", LayerNormalizations::localResponse),
        Conversion.of("MeanVarianceNormalization", LayerNormalizations::meanVariance),
        Conversion.of("LpNormalization", LayerNormalizations::lpNormalization));
  }

  private static List<Expr> layerNorm(OnnxNode node) {
    var x = node.input(0);
    var scale = node.input(1);
    int axis = node.axis(node.integer("axis", -1), node.rank(0));
    double epsilon = node.real("epsilon", 1e-5f);
    var bias = node.optional(2).orElseGet(() -> zeros(node, scale));
    var normal =
        node.call(
            "nn.layer_norm",
            Attributes.builder().put("axis", axis).put("epsilon", epsilon),
            x,
            scale,
            bias);
    if (!node.wants(1) && !node.wants(2)) {
      return List.of(normal);
    }
    var reduce = over(LongStream.range(axis, node.rank(0)).boxed().toList());
    var mean = node.call("mean", reduce, x);
    var centred = node.call("subtract", x, mean);
    var variance = node.call("mean", reduce, node.call("multiply", centred, centred));
    var dtype = node.type(0).dtype();
    var inverse = node.call("rsqrt", node.call("add", variance, node.value(dtype, epsilon)));
    return List.of(normal, mean, inverse);
  }

  static Expr rmsNorm(OnnxNode node) {
    return node.call(
        "nn.rms_norm",
        Attributes.builder()
            .put("axis", node.integer("axis", -1))
            .put("epsilon", node.real("epsilon", 1e-5f)),
        node.input(0),
        node.input(1));
  }

  private static Expr instanceNorm(OnnxNode node) {
    return node.call(
        "nn.instance_norm",
        Attributes.builder().put("epsilon", node.real("epsilon", 1e-5f)),
        node.input(0),
        node.input(1),
        node.input(2));
  }

  private static Expr groupNorm(OnnxNode node) {
    long groups = node.requiredInteger("num_groups");
    var scale = node.input(1);
    var bias = node.input(2);
    // Scale and bias were per group in version 18 and are per channel since 21.
    if (node.opset() < 21) {
      long perGroup = node.size(node.type(0).dim(1)) / groups;
      var repeat = Attributes.builder().put("repeats", perGroup).put("axis", 0);
      scale = node.call("repeat", repeat, scale);
      bias = node.call("repeat", repeat, bias);
    }
    return node.call(
        "nn.group_norm",
        Attributes.builder().put("num_groups", groups).put("epsilon", node.real("epsilon", 1e-5f)),
        node.input(0),
        scale,
        bias);
  }

  private static Expr localResponse(OnnxNode node) {
    return node.call(
        "nn.lrn",
        Attributes.builder()
            .put("size", node.requiredInteger("size"))
            .put("alpha", node.real("alpha", 1e-4f))
            .put("beta", node.real("beta", 0.75))
            .put("bias", node.real("bias", 1)),
        node.input(0));
  }

  private static Expr meanVariance(OnnxNode node) {
    var x = node.input(0);
    var reduce = over(node.integers("axes").orElse(List.of(0L, 2L, 3L)));
    var centred = node.call("subtract", x, node.call("mean", reduce, x));
    var variance = node.call("mean", reduce, node.call("multiply", centred, centred));
    // The term that keeps the quotient finite is added to the deviation, as ONNX's function body
    // has it.
    var deviation =
        node.call("add", node.call("sqrt", variance), node.value(node.type(0).dtype(), 1e-9));
    return node.call("divide", centred, deviation);
  }

  private static Expr lpNormalization(OnnxNode node) {
    var norm = node.integer("p", 2) == 1 ? "norm_l1" : "norm_l2";
    var x = node.input(0);
    int axis = node.axis(node.integer("axis", -1), node.rank(0));
    var length = node.call(norm, over(List.of((long) axis)), x);
    // Of a vector of zeros there is no direction: it stays as it is.
    var zero = node.value(node.type(x).dtype(), 0);
    return node.call(
        "where", node.call("equal", length, zero), zero, node.call("divide", x, length));
  }

  private static Attributes.Builder over(List<Long> axes) {
    return Attributes.builder().put("axes", axes).put("keepdims", true);
  }

  private static Expr zeros(OnnxNode node, Expr like) {
    var type = node.type(like);
    return node.value(
        NDArray.allocate(
            TensorType.of(type.dtype(), type.shape().stream().mapToLong(node::size).toArray())));
  }
}
