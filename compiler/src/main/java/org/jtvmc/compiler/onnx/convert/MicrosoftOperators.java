package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/**
 * Activations, products and normalisations of ONNX Runtime's own operator set, which its optimiser
 * and some exporters write.
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
        of("FusedConv", MicrosoftOperators::fusedConv),
        of("FusedGemm", MicrosoftOperators::fusedGemm));
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

  /** Data, weights, bias, and what is added before the activation. */
  private static Expr fusedConv(OnnxNode node) {
    Composer c = new Composer(node);
    Expr result = Convolutions.conv(node);
    result = node.has(3) ? c.add(result, node.input(3)) : result;
    String activation = node.text("activation", "");
    List<Float> parameters = node.reals("activation_params").orElse(List.of());
    if (activation.equals("Clip") && parameters.size() == 2) {
      return node.call(
          "clip",
          Attributes.builder()
              .put("a_min", (double) parameters.getFirst())
              .put("a_max", (double) parameters.getLast()),
          result);
    }
    return activation(node, activation, parameter(parameters, 0), parameter(parameters, 1), result);
  }

  private static double parameter(List<Float> parameters, int index) {
    return index < parameters.size() ? parameters.get(index) : Double.NaN;
  }

  private static Expr fusedGemm(OnnxNode node) {
    return activation(
        node,
        node.text("activation", ""),
        node.real("activation_alpha", Double.NaN),
        node.real("activation_beta", Double.NaN),
        MatrixProducts.gemm(node));
  }

  /** An activation by its name; its parameters are NaN where they are not given. */
  private static Expr activation(
      OnnxNode node, String name, double alpha, double beta, Expr value) {
    return name.isEmpty()
        ? value
        : RecurrentActivations.function(node, name, alpha, beta).apply(new Composer(node), value);
  }
}
