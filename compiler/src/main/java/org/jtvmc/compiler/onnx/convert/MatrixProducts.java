package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Matrix products. */
final class MatrixProducts {

  private MatrixProducts() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("MatMul", node -> matmul(node, node.input(0), node.input(1))),
        Conversion.of("Gemm", MatrixProducts::gemm),
        Conversion.of("MatMulInteger", MatrixProducts::matmulInteger));
  }

  /**
   * A product as numpy has it; one by a matrix, which is what weights are, has an operator of its
   * own.
   */
  static Expr matmul(OnnxNode node, Expr left, Expr right) {
    if (node.type(right).rank() == 2 && node.type(left).rank() >= 2) {
      return node.call(
          "nn.dense", Attributes.builder().put("transpose_weight", false), left, right);
    }
    return node.call("nn.matmul", left, right);
  }

  /** alpha * A' * B' + beta * C. */
  static Expr gemm(OnnxNode node) {
    var left = node.input(0);
    if (node.flag("transA", false)) {
      left = node.call("transpose", Attributes.builder().put("axes", List.of(1L, 0L)), left);
    }
    var product =
        node.call(
            "nn.dense",
            Attributes.builder().put("transpose_weight", node.flag("transB", false)),
            left,
            node.input(1));
    product = scaled(node, product, node.real("alpha", 1));
    double beta = node.real("beta", 1);
    return node.has(2) && beta != 0
        ? node.call("add", product, scaled(node, node.input(2), beta))
        : product;
  }

  private static Expr scaled(OnnxNode node, Expr value, double factor) {
    return factor == 1
        ? value
        : node.call("multiply", value, node.value(node.type(value).dtype(), factor));
  }

  private static Expr matmulInteger(OnnxNode node) {
    var left = Quantization.centred(node, 0, node.optional(2), node.rank(0) - 2);
    var right = Quantization.centred(node, 1, node.optional(3), node.rank(1) - 1);
    return matmul(node, left, right);
  }
}
