package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Activation functions with parameters. */
final class Activations {

  private Activations() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("Elu", node -> withAlpha(node, "nn.elu", 1)),
        Conversion.of("Celu", node -> withAlpha(node, "nn.celu", 1)),
        Conversion.of("LeakyRelu", node -> withAlpha(node, "nn.leaky_relu", 0.01f)),
        Conversion.of("ThresholdedRelu", node -> withAlpha(node, "nn.thresholded_relu", 1)),
        Conversion.of("HardSigmoid", Activations::hardSigmoid),
        Conversion.of("Selu", Activations::selu),
        Conversion.of("Gelu", Activations::gelu),
        Conversion.of("Swish", Activations::swish),
        Conversion.of("Shrink", Activations::shrink),
        Conversion.of("PRelu", Activations::legacyPrelu),
        Conversion.from(7, "PRelu", node -> node.call("nn.prelu", node.input(0), node.input(1))));
  }

  private static Expr withAlpha(OnnxNode node, String operator, double otherwise) {
    return node.call(
        operator, Attributes.builder().put("alpha", node.real("alpha", otherwise)), node.input(0));
  }

  private static Expr hardSigmoid(OnnxNode node) {
    return node.call(
        "nn.hard_sigmoid",
        Attributes.builder()
            .put("alpha", node.real("alpha", 0.2f))
            .put("beta", node.real("beta", 0.5)),
        node.input(0));
  }

  private static Expr selu(OnnxNode node) {
    // Until version 6 the defaults were given with fewer digits.
    boolean early = node.opset() < 6;
    return node.call(
        "nn.selu",
        Attributes.builder()
            .put("alpha", node.real("alpha", early ? 1.6732f : 1.67326319217681884765625))
            .put("gamma", node.real("gamma", early ? 1.0507f : 1.05070102214813232421875)),
        node.input(0));
  }

  private static Expr gelu(OnnxNode node) {
    return node.call(
        "nn.gelu",
        Attributes.builder().put("approximate", node.text("approximate", "none")),
        node.input(0));
  }

  /** x * sigmoid(alpha * x). */
  private static Expr swish(OnnxNode node) {
    var x = node.input(0);
    double alpha = node.real("alpha", 1);
    if (alpha == 1) {
      return node.call("nn.silu", x);
    }
    var scaled = node.call("multiply", x, node.value(node.type(x).dtype(), alpha));
    return node.call("multiply", x, node.call("sigmoid", scaled));
  }

  /** x + bias below -lambd, x - bias above lambd, 0 between. */
  private static Expr shrink(OnnxNode node) {
    var x = node.input(0);
    var dtype = node.type(x).dtype();
    var bias = node.value(dtype, node.real("bias", 0));
    double lambda = node.real("lambd", 0.5);
    var below =
        node.call(
            "where",
            node.call("less", x, node.value(dtype, -lambda)),
            node.call("add", x, bias),
            node.value(dtype, 0));
    return node.call(
        "where",
        node.call("greater", x, node.value(dtype, lambda)),
        node.call("subtract", x, bias),
        below);
  }

  /** Up to version 6 a slope with several elements belongs to the channels. */
  private static Expr legacyPrelu(OnnxNode node) {
    var slope = node.input(1);
    int spatial = node.rank(0) - 2;
    if (node.rank(1) == 1 && spatial > 0 && node.type(1).elements() > 1) {
      slope = VariadicElementwise.appendOnes(node, slope, spatial);
    }
    return node.call("nn.prelu", node.input(0), slope);
  }
}
