package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** The same elements under a shape that is a value. */
final class ViewsAtRunTime {

  private ViewsAtRunTime() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(5, "Reshape", ViewsAtRunTime::reshape),
        Conversion.from(13, "Squeeze", ViewsAtRunTime::squeeze),
        Conversion.from(13, "Unsqueeze", ViewsAtRunTime::unsqueeze));
  }

  private static Expr reshape(OnnxNode node) {
    AtRunTime r = AtRunTime.of(node);
    Composer c = r.c();
    Expr sizes = r.inputVector(1);
    long rank = c.size(sizes, 0);
    if (!node.flag("allowzero", false)) {
      List<Long> own = new ArrayList<>(node.sizes(0));
      while (own.size() < rank) {
        own.add(0L);
      }
      Expr same = r.vector(own.subList(0, Math.toIntExact(rank)));
      sizes = c.where(r.equal(sizes, 0), same, sizes);
    }
    Expr open = r.less(sizes, r.number(0));
    Expr others = c.reduce("prod", c.where(open, r.number(1), sizes), false, 0);
    Expr rest = c.divide(r.number(node.type(0).elements()), r.greatest(others, r.number(1)));
    Expr shape =
        node.call(
            "host.shape_of",
            Attributes.builder().put("elements", node.type(0).elements()),
            c.where(open, rest, sizes));
    return node.decided(c.reshape(node.input(0), -1), shape);
  }

  private static Expr squeeze(OnnxNode node) {
    AtRunTime r = AtRunTime.of(node);
    long axes = node.type(1).elements();
    Expr flat = r.c().reshape(node.input(0), -1);
    long rank = node.rank(0) - axes;
    return rank == 0
        ? r.c().reshape(flat)
        : node.decided(flat, r.kept(r.sizes(0), r.named(r.inputVector(1), node.rank(0)), rank));
  }

  private static Expr unsqueeze(OnnxNode node) {
    AtRunTime r = AtRunTime.of(node);
    Composer c = r.c();
    long rank = node.rank(0) + node.type(1).elements();
    List<Expr> added = r.named(r.inputVector(1), rank);
    Expr flags = r.ints(added);
    Expr before = c.subtract(r.positions(rank), c.subtract(r.running(flags), flags));
    Expr flat = c.reshape(node.input(0), -1);
    if (node.rank(0) == 0) {
      return node.reshape(flat, Collections.nCopies(Math.toIntExact(rank), 1L));
    }
    Expr places = r.clamp(before, r.number(0), r.number(node.rank(0) - 1L));
    Expr own = c.take(r.vector(node.sizes(0)), places, 0);
    return node.decided(flat, c.where(r.equal(flags, 1), r.number(1), own));
  }
}
