package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.Dim;

/** Parts of tensors whose bounds are values: at most the whole. */
final class PartsAtRunTime {

  private PartsAtRunTime() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(10, "Slice", PartsAtRunTime::slice),
        new Conversion("", "Split", 13, PartsAtRunTime::split),
        new Conversion("", "TopK", 10, PartsAtRunTime::topK),
        Conversion.from(14, "Trilu", PartsAtRunTime::trilu));
  }

  private static Expr slice(OnnxNode node) {
    AtRunTime r = AtRunTime.of(node);
    int rank = node.rank(0);
    long bounds = node.type(1).elements();
    Expr axes = node.has(3) ? r.inputVector(3) : r.positions(bounds);
    Expr data = node.input(0);
    List<Expr> sizes = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      long size = node.sizes(0).get(axis);
      Expr whole = r.number(size);
      if (size == 0) {
        sizes.add(whole);
        continue;
      }
      Bounds own = bounds(r, axes, axis, whole);
      sizes.add(own.length);
      data = r.part(data, axis, own.start, own.step);
    }
    return node.decided(data, r.join(sizes));
  }

  /** Where a slice begins along an axis, by what it moves, and how many elements it has. */
  record Bounds(Expr start, Expr step, Expr length) {}

  /**
   * The bounds of a slice along an axis.
   *
   * @param axes the axes that the node names
   * @param whole the size along the axis
   */
  static Bounds bounds(AtRunTime r, Expr axes, int axis, Expr whole) {
    OnnxNode node = r.node();
    Composer c = r.c();
    Expr own = r.isAxis(axes, axis, node.rank(0));
    Expr named = c.reduce("any", own, false, 0);
    Expr step =
        node.has(4) ? c.where(named, chosen(r, own, r.inputVector(4)), r.number(1)) : r.number(1);
    Expr backwards = r.less(step, r.number(0));
    Expr start = counted(r, chosen(r, own, r.inputVector(1)), whole);
    Expr end = counted(r, chosen(r, own, r.inputVector(2)), whole);
    Expr last = c.add(whole, -1);
    start = r.clamp(start, r.number(0), c.where(backwards, last, whole));
    end =
        r.clamp(
            end, c.where(backwards, r.number(-1), r.number(0)), c.where(backwards, last, whole));
    start = c.where(named, start, r.number(0));
    end = c.where(named, end, whole);
    Expr length =
        r.greatest(c.where(backwards, c.subtract(start, end), c.subtract(end, start)), r.number(0));
    Expr stride = r.greatest(c.unary("abs", step), r.number(1));
    return new Bounds(start, step, c.divide(c.add(length, c.add(stride, -1)), stride));
  }

  /** The number at the place that is an axis's own; 0 where there is none. */
  private static Expr chosen(AtRunTime r, Expr own, Expr numbers) {
    return r.sum(r.c().where(own, numbers, r.number(0)));
  }

  /** A position that may count from the end. */
  private static Expr counted(AtRunTime r, Expr position, Expr size) {
    return r.c().where(r.less(position, r.number(0)), r.c().add(position, size), position);
  }

  private static List<Expr> split(OnnxNode node) {
    AtRunTime r = AtRunTime.of(node);
    Composer c = r.c();
    int axis = node.axis(node.integer("axis", 0), node.rank(0));
    if (node.sizes(0).get(axis) == 0) {
      // Nothing to divide: the sizes are known to be zeros, or wrong.
      node.integers(1, "sizes of its parts");
    }
    Expr parts = r.inputVector(1);
    Expr begins = c.subtract(r.running(parts), parts);
    List<Expr> results = new ArrayList<>();
    for (long i = 0; i < c.size(parts, 0); i++) {
      List<Expr> sizes = new ArrayList<>(r.sizes(0));
      sizes.set(axis, r.at(parts, i));
      results.add(
          node.decided(r.part(node.input(0), axis, r.at(begins, i), r.number(1)), r.join(sizes)));
    }
    return results;
  }

  private static List<Expr> topK(OnnxNode node) {
    AtRunTime r = AtRunTime.of(node);
    int axis = node.axis(node.integer("axis", -1), node.rank(0));
    long size = node.sizes(0).get(axis);
    List<Expr> sizes = new ArrayList<>(r.sizes(0));
    sizes.set(axis, r.clamp(r.inputNumber(1), r.number(0), r.number(size)));
    return Searches.best(node, Dim.of(size)).stream()
        .map(result -> node.decided(result, r.join(sizes)))
        .toList();
  }

  /** With a diagonal that is a value; the shape does not depend on it. */
  private static Expr trilu(OnnxNode node) {
    AtRunTime r = AtRunTime.of(node);
    Composer c = r.c();
    List<Long> sizes = node.sizes(0);
    long rows = sizes.get(sizes.size() - 2);
    long columns = sizes.getLast();
    Expr right =
        c.subtract(
            r.vector(LongStream.range(0, columns).boxed().toList()),
            c.expandDims(r.positions(rows), 1));
    Expr diagonal = r.inputNumber(1);
    Expr kept =
        node.flag("upper", true)
            ? node.call("greater_equal", right, diagonal)
            : node.call("less_equal", right, diagonal);
    return c.where(kept, node.input(0), c.scalar(node.input(0), 0));
  }
}
