package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/** Parts of tensors, and more than the whole of them, whose bounds the run knows. */
final class OpenParts {

  private OpenParts() {}

  /** What begins before the first element or ends behind the last is filled. */
  static Expr pad(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    AtRunTime r = new AtRunTime(node, sizes.c());
    Composer c = sizes.c();
    if (node.opset() < 11) {
      throw node.fault("pads by numbers that are computed");
    }
    int rank = node.rank(0);
    Expr pads = sizes.vector(1);
    long half = c.size(pads, 0) / 2;
    Expr axes = node.has(3) ? sizes.vector(3) : r.positions(half);
    Expr befores = c.slice(pads, 0, 0, half);
    Expr behinds = c.slice(pads, 0, half, 2 * half);
    List<Expr> before = new ArrayList<>();
    List<Expr> result = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      Expr own = r.isAxis(axes, axis, rank);
      before.add(r.sum(c.where(own, befores, r.number(0))));
      Expr behind = r.sum(c.where(own, behinds, r.number(0)));
      Expr size = sizes.number(node.type(0).dim(axis));
      result.add(c.add(c.add(size, before.get(axis)), behind));
    }
    List<Dim> shape = sizes.decide(sizes.join(result));
    Expr value = node.input(0);
    Expr fill = node.has(2) ? c.castLike(c.reshape(node.input(2)), value) : c.scalar(value, 0);
    String mode = node.text("mode", "constant");
    for (int axis = 0; axis < rank; axis++) {
      Expr places = c.subtract(sizes.positions(shape.get(axis)), before.get(axis));
      Expr size = sizes.number(node.type(0).dim(axis));
      value =
          switch (mode) {
            case "constant" -> sizes.picked(value, axis, places, Optional.of(fill));
            case "edge" -> sizes.picked(value, axis, places, Optional.empty());
            case "wrap" ->
                sizes.picked(value, axis, node.call("mod", places, size), Optional.empty());
            case "reflect" ->
                sizes.picked(value, axis, reflected(node, c, places, size), Optional.empty());
            default -> throw node.fault("pads by '%s', which is not supported".formatted(mode));
          };
    }
    return value;
  }

  /** Places that walk from one end to the other and back. */
  private static Expr reflected(OnnxNode node, Composer c, Expr places, Expr size) {
    Expr way = c.multiply(c.add(size, -1), 2);
    Expr at = node.call("mod", places, node.call("maximum", way, c.scalar(way, 1)));
    return node.call("minimum", at, c.subtract(way, at));
  }

  /** As much to one side as to the other. */
  static Expr centre(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    Expr wanted = sizes.vector(1);
    List<Dim> shape = sizes.decide(wanted);
    Expr value = node.input(0);
    for (int i = 0; i < shape.size(); i++) {
      long given = node.integers("axes").isPresent() ? node.integers("axes").get().get(i) : i;
      int axis = node.axis(given, node.rank(0));
      // Divided towards zero: half of what is too much, or of what is missing.
      Expr more = c.subtract(sizes.number(node.type(0).dim(axis)), sizes.at(wanted, i));
      Expr begin = c.divide(more, c.scalar(more, 2));
      Expr places = c.add(sizes.positions(shape.get(i)), begin);
      value = sizes.picked(value, axis, places, Optional.of(c.scalar(value, 0)));
    }
    return value;
  }

  static Expr slice(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    AtRunTime r = new AtRunTime(node, sizes.c());
    Composer c = sizes.c();
    int rank = node.rank(0);
    Expr axes = node.has(3) ? sizes.vector(3) : r.positions(node.type(1).elements());
    List<Expr> starts = new ArrayList<>();
    List<Expr> steps = new ArrayList<>();
    List<Expr> lengths = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      Expr size = sizes.number(node.type(0).dim(axis));
      PartsAtRunTime.Bounds bounds = PartsAtRunTime.bounds(r, axes, axis, size);
      starts.add(bounds.start());
      steps.add(bounds.step());
      lengths.add(bounds.length());
    }
    List<Dim> shape = sizes.decide(sizes.join(lengths));
    Expr value = node.input(0);
    for (int axis = 0; axis < rank; axis++) {
      Expr moved = c.multiply(sizes.positions(shape.get(axis)), steps.get(axis));
      value = sizes.picked(value, axis, c.add(moved, starts.get(axis)), Optional.empty());
    }
    return value;
  }

  static List<Expr> split(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    int axis = node.axis(node.integer("axis", 0), node.rank(0));
    Expr lengths = node.has(1) ? sizes.vector(1) : evenly(node, sizes, node.type(0).dim(axis));
    List<Dim> parts = sizes.decide(lengths);
    List<Expr> results = new ArrayList<>();
    Expr begin = node.value(NDArray.ofLongs(List.of(0L)));
    for (int i = 0; i < parts.size(); i++) {
      Expr places = c.add(sizes.positions(parts.get(i)), begin);
      results.add(sizes.picked(node.input(0), axis, places, Optional.empty()));
      begin = c.add(begin, c.slice(lengths, 0, i, i + 1L));
    }
    return results;
  }

  /** Parts of one length, of which the last is what remains. */
  private static Expr evenly(OnnxNode node, OpenSizes sizes, Dim size) {
    Composer c = sizes.c();
    long parts = node.outputCount();
    Expr all = c.reshape(sizes.number(size), 1);
    Expr part = sizes.ceilDivide(all, c.scalar(all, parts));
    Expr begins = c.multiply(c.range(DType.I64, parts), part);
    Expr rest = c.subtract(all, begins);
    return node.call("maximum", node.call("minimum", rest, part), c.scalar(all, 0));
  }
}
