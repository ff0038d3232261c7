package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Conv over one, two or three spatial dimensions. */
final class Convolutions {

  private Convolutions() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("Conv", Convolutions::conv));
  }

  static Expr conv(OnnxNode node) {
    var windows = Windows.of(node, kernel(node));
    var result =
        node.call(
            "nn.conv%dd".formatted(windows.kernel().size()),
            windows.attributes().put("groups", node.integer("group", 1)),
            node.input(0),
            node.input(1));
    return withBias(node, result);
  }

  /** The kernel's sizes: those of the weights, which the attribute may repeat. */
  static List<Long> kernel(OnnxNode node) {
    int spatial = node.rank(0) - 2;
    if (spatial < 1 || spatial > 3 || node.rank(1) != spatial + 2) {
      throw node.fault(
          "has data of %d and weights of %d dimensions, which is not supported"
              .formatted(node.rank(0), node.rank(1)));
    }
    var kernel = node.sizes(1).subList(2, spatial + 2);
    if (!node.integers("kernel_shape").orElse(kernel).equals(kernel)) {
      throw node.fault(
          "has the kernel_shape %s where its weights are %s"
              .formatted(node.integers("kernel_shape").orElseThrow(), kernel));
    }
    return kernel;
  }

  /** Adds the bias that is a convolution's third input, if it has one. */
  static Expr withBias(OnnxNode node, Expr result) {
    return node.has(2)
        ? node.call("nn.bias_add", Attributes.builder().put("axis", 1), result, node.input(2))
        : result;
  }
}
