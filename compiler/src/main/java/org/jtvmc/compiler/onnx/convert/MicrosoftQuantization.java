package org.jtvmc.compiler.onnx.convert;

import static org.jtvmc.compiler.onnx.convert.MicrosoftOperators.DOMAIN;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.type.DType;

/**
 * Quantised arithmetic of ONNX Runtime's own operator set, which its quantiser and its optimiser
 * write: products in exact integers, everything else by way of the real numbers that these stand
 * for.
 *
 * @see <a
 *     href="https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md">Contrib
 *     operators</a>
 */
final class MicrosoftQuantization {

  private MicrosoftQuantization() {}

  static List<Conversion> all() {
    return List.of(
        of("QuantizeLinear", Quantization::quantize),
        of("DequantizeLinear", Quantization::dequantize),
        of("QGemm", MicrosoftQuantization::gemm),
        of("MatMulIntegerToFloat", MicrosoftQuantization::productToReals),
        of("DynamicQuantizeMatMul", MicrosoftQuantization::dynamicProduct),
        of("QLinearAdd", node -> binary(node, "add")),
        of("QLinearMul", node -> binary(node, "multiply")),
        of("QLinearAveragePool", MicrosoftQuantization::pool),
        of("QLinearGlobalAveragePool", MicrosoftQuantization::globalPool),
        of("QLinearSigmoid", node -> unary(node, x -> node.call("sigmoid", x))),
        of("QLinearSoftmax", MicrosoftQuantization::softmax),
        of("QLinearLeakyRelu", MicrosoftQuantization::leakyRelu),
        of("QLinearWhere", MicrosoftQuantization::where),
        of("QLinearConcat", MicrosoftQuantization::concat));
  }

  private static Conversion of(String operator, Conversion.SingleRule rule) {
    return new Conversion(DOMAIN, operator, 1, node -> List.of(rule.convert(node)));
  }

  // Products

  /**
   * A, its scale and zero point, B, its scales and zero points by column, C in the scale of the
   * products, and the result's scale and zero point: without these it is real.
   */
  private static Expr gemm(OnnxNode node) {
    Composer c = new Composer(node);
    boolean transposed = node.flag("transB", false);
    Expr left = Quantization.centred(node, 0, node.optional(2), 0);
    left = node.flag("transA", false) ? c.transposeLast(left) : left;
    Expr right = Quantization.centred(node, 3, node.optional(5), transposed ? 0 : 1);
    Expr sums =
        node.call(
            "nn.dense", Attributes.builder().put("transpose_weight", transposed), left, right);
    sums = node.has(6) ? c.add(sums, node.input(6)) : sums;
    Expr factor = c.multiply(scale(node, 1), scale(node, 4));
    factor = c.multiply(factor, node.real("alpha", 1));
    if (!node.has(7)) {
      return c.multiply(c.castLike(sums, factor), factor);
    }
    Expr ratio = c.divide(factor, scale(node, 7));
    return node.call(
        "quantize",
        Attributes.builder().put("axis", 0),
        c.multiply(c.castLike(sums, ratio), ratio),
        node.value(c.dtype(ratio), 1),
        zeroPoint(node, 8, node.type(0).dtype()));
  }

  /** A, B, the scale of A for all or by row, of B by column, their zero points, and a bias. */
  private static Expr productToReals(OnnxNode node) {
    Expr left = Quantization.centred(node, 0, node.optional(4), node.rank(0) - 2);
    Expr right = Quantization.centred(node, 1, node.optional(5), node.rank(1) - 1);
    Expr rows = scale(node, 2);
    rows = node.type(rows).rank() == 1 ? VariadicElementwise.appendOnes(node, rows, 1) : rows;
    return scaled(node, left, right, rows, scale(node, 3), node.optional(6));
  }

  /** Real A, quantised over the range that it has, by an integer B with scales and zero points. */
  private static Expr dynamicProduct(OnnxNode node) {
    Composer c = new Composer(node);
    List<Expr> parts = Quantization.dynamic(node);
    Expr left = c.subtract(c.cast(parts.get(0), DType.I32), c.cast(parts.get(2), DType.I32));
    Expr right = Quantization.centred(node, 1, node.optional(3), node.rank(1) - 1);
    return scaled(node, left, right, parts.get(1), scale(node, 2), node.optional(4));
  }

  private static Expr scaled(
      OnnxNode node, Expr left, Expr right, Expr rows, Expr columns, Optional<Expr> bias) {
    Composer c = new Composer(node);
    Expr product = MatrixProducts.matmul(node, left, right);
    Expr real = c.multiply(c.castLike(product, columns), c.multiply(rows, columns));
    return bias.map(shift -> c.add(real, shift)).orElse(real);
  }

  // By way of real numbers

  private static Expr binary(OnnxNode node, String operator) {
    Expr result = node.call(operator, real(node, 0), real(node, 3));
    return quantized(node, result, 6, node.type(0).dtype());
  }

  private static Expr unary(OnnxNode node, UnaryOperator<Expr> rule) {
    return quantized(node, rule.apply(real(node, 0)), 3, node.type(0).dtype());
  }

  private static Expr leakyRelu(OnnxNode node) {
    var alpha = Attributes.builder().put("alpha", node.real("alpha", 0.01f));
    return unary(node, x -> node.call("nn.leaky_relu", alpha, x));
  }

  /** The attribute {@code opset} says which version of Softmax it stands for. */
  private static Expr softmax(OnnxNode node) {
    long version = node.requiredInteger("opset");
    return unary(node, x -> Softmaxes.softmax(node, x, node.integer("axis", -1), version));
  }

  private static Expr pool(OnnxNode node) {
    channelsFirst(node);
    var attributes =
        Pools.attributes(node).put("count_include_pad", node.flag("count_include_pad", false));
    return unary(node, x -> node.call("nn.avg_pool", attributes, x));
  }

  private static Expr globalPool(OnnxNode node) {
    channelsFirst(node);
    return unary(node, x -> node.call("nn.global_avg_pool", x));
  }

  private static void channelsFirst(OnnxNode node) {
    if (node.flag("channels_last", false)) {
      throw node.fault("has its channels last, which is not supported");
    }
  }

  /** The condition, both operands with scale and zero point, and those of the result. */
  private static Expr where(OnnxNode node) {
    Expr chosen = node.call("where", node.input(0), real(node, 1), real(node, 4));
    return quantized(node, chosen, 7, node.type(1).dtype());
  }

  /** The result's scale and zero point, then each part with its own. */
  private static Expr concat(OnnxNode node) {
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

  /** What an input stands for; its scale and zero point come after it. */
  private static Expr real(OnnxNode node, int input) {
    return node.call(
        "dequantize",
        Attributes.builder().put("axis", 0),
        node.input(input),
        scale(node, input + 1),
        zeroPoint(node, input + 2, node.type(input).dtype()));
  }

  private static Expr quantized(OnnxNode node, Expr value, int scale, DType dtype) {
    return node.call(
        "quantize",
        Attributes.builder().put("axis", 0),
        value,
        scale(node, scale),
        zeroPoint(node, scale + 1, dtype));
  }

  private static Expr scale(OnnxNode node, int input) {
    return Quantization.perTensor(node, node.input(input));
  }

  private static Expr zeroPoint(OnnxNode node, int input, DType dtype) {
    return node.has(input) ? scale(node, input) : node.value(dtype, 0);
  }
}
