package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/** Reading images where other inputs say: RoiAlign and DeformConv. */
final class Regions {

  private Regions() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(10, "RoiAlign", node -> roiAlign(node, "output_half_pixel")),
        Conversion.from(16, "RoiAlign", node -> roiAlign(node, "half_pixel")),
        Conversion.from(19, "DeformConv", Regions::deformConv).limitedTo("two dimensions"));
  }

  private static Expr roiAlign(OnnxNode node, String coordinates) {
    Composer c = new Composer(node);
    DType dtype = c.dtype(node.input(0));
    Expr aligned =
        node.call(
            "host.roi_align",
            Attributes.builder()
                .put("mode", node.text("mode", "avg"))
                .put("height", node.integer("output_height", 1))
                .put("width", node.integer("output_width", 1))
                .put("sampling_ratio", node.integer("sampling_ratio", 0))
                .put("spatial_scale", node.real("spatial_scale", 1))
                .put(
                    "half_pixel",
                    node.text("coordinate_transformation_mode", coordinates).equals("half_pixel")),
            c.cast(node.input(0), DType.F32),
            c.cast(node.input(1), DType.F32),
            c.cast(node.input(2), DType.I64));
    return c.cast(aligned, dtype);
  }

  private static Expr deformConv(OnnxNode node) {
    Composer c = new Composer(node);
    if (node.rank(0) != 4) {
      throw node.fault(
          "convolves %d dimensions, not two, which is not supported".formatted(node.rank(0) - 2));
    }
    List<Long> weights = node.sizes(1);
    long groups = node.integer("group", 1);
    List<Long> kernel = node.integers("kernel_shape").orElse(weights.subList(2, 4));
    List<Long> offsets = node.sizes(2);
    long batch = node.sizes(0).getFirst();
    long pixels = offsets.get(2) * offsets.get(3);
    Expr mask =
        node.has(4)
            ? node.input(4)
            : c.broadcastTo(
                node.value(c.dtype(node.input(0)), 1),
                List.of(batch, offsets.get(1) / 2, offsets.get(2), offsets.get(3)));
    Expr columns =
        node.call(
            "image.deformed_columns",
            Attributes.builder()
                .put("kernel", kernel)
                .put("strides", node.integers("strides").orElse(List.of(1L, 1L)))
                .put("dilation", node.integers("dilations").orElse(List.of(1L, 1L)))
                .put("padding", node.integers("pads").orElse(List.of(0L, 0L, 0L, 0L)).subList(0, 2))
                .put("groups", node.integer("offset_group", 1)),
            node.input(0),
            node.input(2),
            mask);
    long depth = weights.get(1) * kernel.get(0) * kernel.get(1);
    long outputs = weights.getFirst();
    Expr product =
        c.matmul(
            c.reshape(node.input(1), 1, groups, outputs / groups, depth),
            c.reshape(columns, batch, groups, depth, pixels));
    Expr result = c.reshape(product, batch, outputs, offsets.get(2), offsets.get(3));
    return node.has(3) ? c.add(result, c.reshape(node.input(3), 1, outputs, 1, 1)) : result;
  }
}
