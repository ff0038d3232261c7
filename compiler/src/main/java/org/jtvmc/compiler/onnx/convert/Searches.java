package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.op.host.TopElements;
import org.jtvmc.ir.type.Dim;

/** Positions of extremes, the largest elements, running sums and products. */
final class Searches {

  /** Of more elements each is not compared with all others. */
  private static final long MOST_COMPARED = 256;

  private Searches() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("ArgMax", node -> extreme(node, "argmax")),
        Conversion.of("ArgMin", node -> extreme(node, "argmin")),
        Conversion.of("CumSum", node -> running(node, "cumsum")),
        Conversion.from(26, "CumProd", node -> running(node, "cumprod")),
        new Conversion("", "TopK", 1, node -> topK(node, node.requiredInteger("k"))),
        new Conversion(
            "", "TopK", 10, node -> topK(node, (long) node.scalar(1, "a number of elements"))));
  }

  private static Expr extreme(OnnxNode node, String operator) {
    return node.call(
        operator,
        Attributes.builder()
            .put("axis", node.axis(node.integer("axis", 0), node.rank(0)))
            .put("keepdims", node.flag("keepdims", true))
            .put("select_last_index", node.flag("select_last_index", false)),
        node.input(0));
  }

  private static List<Expr> topK(OnnxNode node, long k) {
    if (k < 0) {
      throw node.fault("takes the largest %d elements".formatted(k));
    }
    return best(node, Dim.of(k));
  }

  /** Of a number that the run gives, and of an input of any sizes. */
  static List<Expr> topKOfOpen(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    return best(node, sizes.decide(sizes.vector(1)).getFirst());
  }

  /** The best elements along the node's axis, and their positions. */
  static List<Expr> best(OnnxNode node, Dim k) {
    int axis = node.axis(node.integer("axis", -1), node.rank(0));
    Dim size = node.type(0).dim(axis);
    boolean isCompared = k.isKnown() && size.isKnown() && size.value() <= MOST_COMPARED;
    Expr both =
        node.call(
            isCompared ? "topk" : TopElements.NAME,
            Attributes.builder()
                .put("k", AttributeValue.of(k))
                .put("axis", axis)
                .put("largest", node.flag("largest", true)),
            node.input(0));
    return both instanceof Tuple(List<Expr> fields, _)
        ? fields
        : List.of(TupleGetItem.of(both, 0), TupleGetItem.of(both, 1));
  }

  private static Expr running(OnnxNode node, String operator) {
    return node.call(
        operator,
        Attributes.builder()
            .put("axis", node.axis((long) node.scalar(1, "an axis"), node.rank(0)))
            .put("exclusive", node.flag("exclusive", false))
            .put("reverse", node.flag("reverse", false)),
        node.input(0));
  }
}
