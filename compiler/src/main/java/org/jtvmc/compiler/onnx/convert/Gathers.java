package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Reading at computed positions. */
final class Gathers {

  private Gathers() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of(
            "Gather", node -> node.call("take", axis(node), node.input(0), node.input(1))),
        Conversion.from(9, "Compress", Gathers::compress)
            .limitedTo("the condition is known when the model is compiled"),
        Conversion.of(
            "GatherElements",
            node -> node.call("gather", axis(node), node.input(0), node.input(1))),
        Conversion.of(
            "GatherND",
            node ->
                node.call(
                    "gather_nd",
                    Attributes.builder().put("batch_dims", node.integer("batch_dims", 0)),
                    node.input(0),
                    node.input(1))));
  }

  /** What is kept decides over the shape, and so has to be known. */
  private static Expr compress(OnnxNode node) {
    Composer c = new Composer(node);
    List<Long> condition = node.integers(1, "conditions");
    List<Long> kept =
        LongStream.range(0, condition.size())
            .filter(i -> condition.get((int) i) != 0)
            .boxed()
            .toList();
    boolean flat = !node.hasAttribute("axis");
    Expr data = flat ? c.reshape(node.input(0), -1) : node.input(0);
    int axis = flat ? 0 : node.axis(node.integer("axis", 0), node.rank(0));
    return c.take(data, node.value(NDArray.ofLongs(kept)), axis);
  }

  private static Attributes.Builder axis(OnnxNode node) {
    return Attributes.builder().put("axis", node.axis(node.integer("axis", 0), node.rank(0)));
  }
}
