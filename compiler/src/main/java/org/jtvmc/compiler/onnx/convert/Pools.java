package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Pooling, over windows and over whole images. */
final class Pools {

  private Pools() {}

  static List<Conversion> all() {
    return List.of(
        new Conversion("", "MaxPool", 1, Pools::maxPool),
        Conversion.of(
            "AveragePool",
            node ->
                pool(
                    node,
                    "nn.avg_pool",
                    attributes(node)
                        .put("count_include_pad", node.flag("count_include_pad", false)))),
        Conversion.from(
            2,
            "LpPool",
            node -> pool(node, "nn.lp_pool", attributes(node).put("p", node.integer("p", 2)))),
        Conversion.of("GlobalAveragePool", node -> node.call("nn.global_avg_pool", node.input(0))),
        Conversion.of("GlobalMaxPool", node -> node.call("nn.global_max_pool", node.input(0))),
        Conversion.from(2, "GlobalLpPool", Pools::globalLpPool));
  }

  static Attributes.Builder attributes(OnnxNode node) {
    var kernel =
        node.integers("kernel_shape")
            .orElseThrow(() -> node.fault("lacks its attribute 'kernel_shape'"));
    if (kernel.size() != node.rank(0) - 2) {
      throw node.fault(
          "has the kernel %s for an input of %d dimensions".formatted(kernel, node.rank(0)));
    }
    // In every mode but the explicit one, the output's size is settled without rounding.
    boolean explicit = node.text("auto_pad", "NOTSET").equals("NOTSET");
    return Windows.of(node, kernel)
        .attributes()
        .put("pool_size", kernel)
        .put("ceil_mode", explicit && node.flag("ceil_mode", false));
  }

  private static Expr pool(OnnxNode node, String operator, Attributes.Builder attributes) {
    return node.call(operator, attributes, node.input(0));
  }

  private static List<Expr> maxPool(OnnxNode node) {
    Expr maxima = pool(node, "nn.max_pool", attributes(node));
    if (!node.wants(1)) {
      return List.of(maxima);
    }
    var kernel = node.integers("kernel_shape").orElseThrow();
    Expr positions =
        node.call(
            "nn.max_pool_positions",
            Windows.of(node, kernel)
                .attributes()
                .put("pool_size", kernel)
                .put("column_major", node.integer("storage_order", 0) == 1),
            node.input(0),
            maxima);
    return List.of(maxima, positions);
  }

  private static Expr globalLpPool(OnnxNode node) {
    long p = node.integer("p", 2);
    if (p != 1 && p != 2) {
      throw node.fault("has p = %d, where 1 and 2 are supported".formatted(p));
    }
    var axes = LongStream.range(2, node.rank(0)).boxed().toList();
    return node.call(
        p == 1 ? "norm_l1" : "norm_l2",
        Attributes.builder().put("axes", axes).put("keepdims", true),
        node.input(0));
  }
}
