package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.type.DType;

/**
 * Activations, products, normalisations and quantised arithmetic of ONNX Runtime's own operator
 * set, which its optimiser and some exporters write.
 *
 * @see <a
 *     href="https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md">Contrib
 *     operators</a>
 */
final class MicrosoftOperators {

  static final String DOMAIN = "com.microsoft";

  private MicrosoftOperators() {}

  static List<Conversion> all() {
    return List.of(
        of("Gelu", node -> gelu(node, node.input(0), "none")),
        of("BiasGelu", node -> gelu(node, node.call("add", node.input(0), node.input(1)), "none")),
        of("FastGelu", MicrosoftOperators::fastGelu),
        of("QuickGelu", MicrosoftOperators::quickGelu),
        of("FusedMatMul", MicrosoftOperators::fusedMatmul).limitedTo("no transposed batches"),
        new Conversion(DOMAIN, "SkipLayerNormalization", 1, MicrosoftOperators::skipLayerNorm),
        new Conversion(
            DOMAIN, "SkipSimplifiedLayerNormalization", 1, MicrosoftOperators::skipRmsNorm),
        // Of ONNX's own domain by mistake.
        Conversion.of("SimplifiedLayerNormalization", LayerNormalizations::rmsNorm),
        new Conversion(DOMAIN, "EmbedLayerNormalization", 1, MicrosoftOperators::embed),
        of("QLinearAdd", node -> quantizedBinary(node, "add")),
        of("QLinearMul", node -> quantizedBinary(node, "multiply")),
        of("QLinearAveragePool", MicrosoftOperators::quantizedPool),
        of("QLinearGlobalAveragePool", MicrosoftOperators::quantizedGlobalPool),
        of("QLinearSigmoid", node -> quantizedUnary(node, x -> node.call("sigmoid", x))),
        of(
            "QLinearLeakyRelu",
            node ->
                quantizedUnary(
                    node,
                    x ->
                        node.call(
                            "nn.leaky_relu",
                            Attributes.builder().put("alpha", node.real("alpha", 0.01f)),
                            x))),
        of("QLinearConcat", MicrosoftOperators::quantizedConcat));
  }

  private static Conversion of(String operator, Conversion.SingleRule rule) {
    return new Conversion(DOMAIN, operator, 1, node -> List.of(rule.convert(node)));
  }

  private static Expr gelu(OnnxNode node, Expr x, String approximate) {
    return node.call("nn.gelu", Attributes.builder().put("approximate", approximate), x);
  }

  private static Expr fastGelu(OnnxNode node) {
    Expr x = node.has(1) ? node.call("add", node.input(0), node.input(1)) : node.input(0);
    return gelu(node, x, "tanh");
  }

  private static Expr quickGelu(OnnxNode node) {
    Composer c = new Composer(node);
    Expr x = node.input(0);
    return c.multiply(x, c.unary("sigmoid", c.multiply(x, node.real("alpha", 1.702f))));
  }

  private static Expr fusedMatmul(OnnxNode node) {
    Composer c = new Composer(node);
    if (node.flag("transBatchA", false) || node.flag("transBatchB", false)) {
      throw node.fault("transposes batches, which is not supported");
    }
    Expr a = node.flag("transA", false) ? c.transposeLast(node.input(0)) : node.input(0);
    Expr b = node.flag("transB", false) ? c.transposeLast(node.input(1)) : node.input(1);
    return c.multiply(c.matmul(a, b), node.real("alpha", 1));
  }

  private static Expr layerNorm(OnnxNode node, Expr x, Expr gamma, Optional<Expr> beta) {
    Composer c = new Composer(node);
    Expr shift = beta.orElseGet(() -> c.zeros(c.dtype(gamma), c.sizes(gamma)));
    return node.call(
        "nn.layer_norm",
        Attributes.builder().put("axis", -1).put("epsilon", node.real("epsilon", 1e-12f)),
        x,
        gamma,
        shift);
  }

  private static List<Expr> skipLayerNorm(OnnxNode node) {
    Composer c = new Composer(node);
    Expr sum = c.add(node.input(0), node.input(1));
    sum = node.has(4) ? c.add(sum, node.input(4)) : sum;
    Expr normal = layerNorm(node, sum, node.input(2), node.optional(3));
    return withSum(node, normal, sum);
  }

  private static List<Expr> skipRmsNorm(OnnxNode node) {
    Composer c = new Composer(node);
    Expr sum = c.add(node.input(0), node.input(1));
    sum = node.has(3) ? c.add(sum, node.input(3)) : sum;
    Expr normal =
        node.call(
            "nn.rms_norm",
            Attributes.builder().put("axis", -1).put("epsilon", node.real("epsilon", 1e-5f)),
            sum,
            node.input(2));
    return withSum(node, normal, sum);
  }

  /** Outputs 1 and 2 are statistics for training, output 3 is what was normalised. */
  private static List<Expr> withSum(OnnxNode node, Expr normal, Expr sum) {
    if (node.wants(1) || node.wants(2)) {
      throw node.fault("is asked for its mean or deviation, which is not supported");
    }
    return node.wants(3) ? List.of(normal, sum, sum, sum) : List.of(normal);
  }

  /** Words, segments, word vectors, position vectors, segment vectors, scale, shift, mask. */
  private static List<Expr> embed(OnnxNode node) {
    Composer c = new Composer(node);
    long length = c.size(node.input(0), 1);
    Expr sum = c.take(node.input(2), node.input(0), 0);
    Expr positions =
        node.has(8)
            ? c.take(node.input(3), node.input(8), 0)
            : c.slice(node.input(3), 0, 0, length);
    sum = c.add(sum, positions);
    if (node.has(1) && node.has(4)) {
      sum = c.add(sum, c.take(node.input(4), node.input(1), 0));
    }
    Expr normal = layerNorm(node, sum, node.input(5), node.optional(6));
    Expr lengths =
        node.has(7)
            ? c.reduce("sum", c.cast(node.input(7), DType.I32), false, 1)
            : c.zeros(DType.I32, List.of(c.size(node.input(0), 0)));
    return List.of(normal, lengths, sum);
  }

  private static Expr real(OnnxNode node, int input) {
    return node.call(
        "dequantize",
        Attributes.builder().put("axis", 0),
        node.input(input),
        scalar(node, input + 1),
        zeroPoint(node, input + 2, node.type(input).dtype()));
  }

  private static Expr quantized(OnnxNode node, Expr value, int scale, DType dtype) {
    return node.call(
        "quantize",
        Attributes.builder().put("axis", 0),
        value,
        scalar(node, scale),
        zeroPoint(node, scale + 1, dtype));
  }

  private static Expr scalar(OnnxNode node, int input) {
    return node.rank(input) == 0 ? node.input(input) : node.reshape(node.input(input), List.of());
  }

  private static Expr zeroPoint(OnnxNode node, int input, DType dtype) {
    return node.has(input) ? scalar(node, input) : node.value(dtype, 0);
  }

  private static Expr quantizedBinary(OnnxNode node, String operator) {
    Expr result = node.call(operator, real(node, 0), real(node, 3));
    return quantized(node, result, 6, node.type(0).dtype());
  }

  private static Expr quantizedUnary(OnnxNode node, UnaryOperator<Expr> rule) {
    return quantized(node, rule.apply(real(node, 0)), 3, node.type(0).dtype());
  }

  private static Expr quantizedPool(OnnxNode node) {
    if (node.flag("channels_last", false)) {
      throw node.fault("has its channels last, which is not supported");
    }
    return quantizedUnary(
        node,
        x ->
            node.call(
                "nn.avg_pool",
                Pools.attributes(node)
                    .put("count_include_pad", node.flag("count_include_pad", false)),
                x));
  }

  private static Expr quantizedGlobalPool(OnnxNode node) {
    if (node.flag("channels_last", false)) {
      throw node.fault("has its channels last, which is not supported");
    }
    return quantizedUnary(node, x -> node.call("nn.global_avg_pool", x));
  }

  /** The result's scale and zero point, then each part with its own. */
  private static Expr quantizedConcat(OnnxNode node) {
    List<Expr> parts = new ArrayList<>();
    for (int i = 2; i + 2 < node.inputCount(); i += 3) {
      parts.add(real(node, i));
    }
    Expr all =
        node.call(
            "concatenate",
            Attributes.builder().put("axis", node.requiredInteger("axis")),
            Tuple.of(parts));
    return quantized(node, all, 0, node.type(2).dtype());
  }
}
