package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;

/** Moving blocks of pixels to channels and back. */
final class SpatialBlocks {

  private SpatialBlocks() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of(
            "DepthToSpace",
            node ->
                node.call(
                    "depth_to_space",
                    blockSize(node).put("mode", node.text("mode", "DCR")),
                    node.input(0))),
        Conversion.of(
            "SpaceToDepth",
            node ->
                node.call(
                    "space_to_depth",
                    blockSize(node).put("mode", node.text("mode", "DCR")),
                    node.input(0))));
  }

  private static Attributes.Builder blockSize(OnnxNode node) {
    return Attributes.builder().put("block_size", node.requiredInteger("blocksize"));
  }
}
