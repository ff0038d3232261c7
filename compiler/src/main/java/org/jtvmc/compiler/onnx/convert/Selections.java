package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.type.DType;

/** Choosing elements by what they are: how many there are, only a run knows. */
final class Selections {

  private Selections() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(9, "Compress", Selections::compress),
        Conversion.from(9, "NonZero", Selections::nonZero),
        Conversion.from(10, "NonMaxSuppression", Selections::nonMaxSuppression),
        new Conversion("", "Unique", 11, Selections::unique));
  }

  static List<Conversion> atRunTime() {
    return List.of(Conversion.from(9, "Compress", Selections::compressByRun));
  }

  /** With a condition that is known the shape is, too. */
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
    return c.take(data, node.value(NDArray.ofLongs(kept)), axis(node, flat));
  }

  private static Expr compressByRun(OnnxNode node) {
    boolean flat = !node.hasAttribute("axis");
    Expr data = flat ? new Composer(node).reshape(node.input(0), -1) : node.input(0);
    return first(
        node,
        node.call(
            "host.compress",
            Attributes.builder().put("axis", axis(node, flat)),
            data,
            node.input(1)));
  }

  private static long axis(OnnxNode node, boolean flat) {
    return flat ? 0 : node.axis(node.integer("axis", 0), node.rank(0));
  }

  private static Expr nonZero(OnnxNode node) {
    Composer c = new Composer(node);
    Expr data = node.rank(0) == 0 ? c.reshape(node.input(0), 1) : node.input(0);
    return first(node, node.call("host.nonzero", data));
  }

  private static Expr nonMaxSuppression(OnnxNode node) {
    Composer c = new Composer(node);
    Attributes.Builder attributes =
        Attributes.builder().put("centers", node.flag("center_point_box", false));
    if (!node.has(2) || node.known(2).isPresent()) {
      attributes.put("most", node.has(2) ? Math.max(0, (long) node.scalar(2, "a number")) : 0L);
    }
    return first(
        node,
        node.call(
            "host.nms",
            attributes,
            node.input(0),
            node.input(1),
            node.optional(2)
                .map(most -> c.reshape(c.cast(most, DType.I64)))
                .orElse(node.value(DType.I64, 0)),
            scalar(node, c, 3, 0),
            scalar(node, c, 4, Double.NEGATIVE_INFINITY)));
  }

  private static Expr scalar(OnnxNode node, Composer c, int input, double otherwise) {
    return node.optional(input)
        .map(value -> c.reshape(c.cast(value, DType.F32)))
        .orElse(node.value(DType.F32, otherwise));
  }

  private static List<Expr> unique(OnnxNode node) {
    Composer c = new Composer(node);
    boolean flat = !node.hasAttribute("axis");
    Expr data = flat ? c.reshape(node.input(0), -1) : node.input(0);
    long axis = axis(node, flat);
    Expr all =
        node.call(
            "host.unique",
            Attributes.builder().put("axis", axis).put("sorted", node.flag("sorted", true)),
            data);
    List<Expr> results = IntStream.range(0, 5).mapToObj(i -> field(all, i)).toList();
    Expr sizes = results.get(4);
    Expr count = c.slice(sizes, 0, axis, axis + 1);
    return List.of(
        node.decided(results.get(0), sizes),
        node.decided(results.get(1), count),
        results.get(2),
        node.decided(results.get(3), count));
  }

  /** Of results and their sizes, the results. */
  private static Expr first(OnnxNode node, Expr both) {
    return node.decided(field(both, 0), field(both, 1));
  }

  private static Expr field(Expr tuple, int index) {
    return tuple instanceof Tuple(List<Expr> fields, _)
        ? fields.get(index)
        : TupleGetItem.of(tuple, index);
  }
}
