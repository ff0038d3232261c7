package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/**
 * ConvTranspose. An output shape may be asked for instead of a padding; the padding then follows
 * from it.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__ConvTranspose.html">ConvTranspose</a>
 */
final class ConvTransposes {

  private ConvTransposes() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("ConvTranspose", ConvTransposes::convTranspose));
  }

  private static Expr convTranspose(OnnxNode node) {
    var kernel = Convolutions.kernel(node);
    int spatial = kernel.size();
    var strides = Windows.list(node, "strides", spatial, 1);
    var dilations = Windows.list(node, "dilations", spatial, 1);
    var outputPadding = new ArrayList<>(Windows.list(node, "output_padding", spatial, 0));
    var padding = new ArrayList<>(Windows.list(node, "pads", 2 * spatial, 0));
    var mode = node.text("auto_pad", "NOTSET");
    boolean same = mode.equals("SAME_UPPER") || mode.equals("SAME_LOWER");
    if (node.hasAttribute("output_shape") || same) {
      for (int i = 0; i < spatial; i++) {
        long size = node.size(node.type(0).dim(i + 2));
        long wanted =
            node.hasAttribute("output_shape")
                ? outputSizes(node, spatial).get(i)
                : size * strides.get(i);
        long full =
            strides.get(i) * (size - 1)
                + outputPadding.get(i)
                + (kernel.get(i) - 1) * dilations.get(i)
                + 1;
        long total = Math.max(0, full - wanted);
        outputPadding.set(i, outputPadding.get(i) + Math.max(0, wanted - full));
        long less = total / 2;
        boolean moreAtTheEnd = mode.equals("SAME_UPPER");
        padding.set(i, moreAtTheEnd ? less : total - less);
        padding.set(i + spatial, moreAtTheEnd ? total - less : less);
      }
    }
    var result =
        node.call(
            "nn.conv%dd_transpose".formatted(spatial),
            Attributes.builder()
                .put("strides", strides)
                .put("padding", padding)
                .put("output_padding", outputPadding)
                .put("dilation", dilations)
                .put("groups", node.integer("group", 1)),
            node.input(0),
            node.input(1));
    return Convolutions.withBias(node, result);
  }

  /** The spatial part of the shape asked for; some exporters write the batch and channels too. */
  private static List<Long> outputSizes(OnnxNode node, int spatial) {
    var shape = node.integers("output_shape").orElseThrow();
    if (shape.size() != spatial && shape.size() != spatial + 2) {
      throw node.fault("asks for the output shape %s, which does not fit".formatted(shape));
    }
    return shape.subList(shape.size() - spatial, shape.size());
  }
}
