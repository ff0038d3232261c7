package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/**
 * Reductions, and running sums, over axes that are values. Along each axis the elements become what
 * they come to together, if it is among those: the result keeps its size, and what there is of it
 * is the first element along each such axis.
 */
final class ReductionsAtRunTime {

  private final OnnxNode node;
  private final AtRunTime r;
  private final Composer c;
  private final List<Expr> flags;

  private ReductionsAtRunTime(OnnxNode node) {
    this.node = node;
    this.r = AtRunTime.of(node);
    this.c = r.c();
    this.flags = r.named(r.inputVector(1), node.rank(0));
  }

  static List<Conversion> all() {
    List<Conversion> all = new ArrayList<>();
    for (String operator : Reductions.names()) {
      all.add(Conversion.of(operator, ReductionsAtRunTime::reduce));
    }
    all.add(Conversion.of("CumSum", node -> running(node, "cumsum")));
    all.add(Conversion.from(26, "CumProd", node -> running(node, "cumprod")));
    return all;
  }

  private static Expr reduce(OnnxNode node) {
    long axes = node.type(1).elements();
    if (axes == 0) {
      return node.flag("noop_with_empty_axes", false)
          ? node.input(0)
          : Reductions.reduce(node, List.of());
    }
    boolean keeps = node.flag("keepdims", true);
    if (axes == node.rank(0) && !keeps) {
      return Reductions.reduce(node, List.of());
    }
    if (node.sizes(0).contains(0L)) {
      // There is no room for the neutral elements that come of nothing.
      node.integers(1, "axes");
    }
    ReductionsAtRunTime own = new ReductionsAtRunTime(node);
    DType dtype = node.type(0).dtype();
    Expr reduced = own.c.cast(own.reduced(), dtype);
    List<Expr> sizes = new ArrayList<>();
    for (int axis = 0; axis < own.flags.size(); axis++) {
      Expr size = own.r.number(node.sizes(0).get(axis));
      sizes.add(own.c.where(own.flags.get(axis), own.r.number(1), size));
    }
    if (keeps) {
      return node.decided(reduced, own.r.join(sizes));
    }
    Expr kept = own.r.kept(own.r.sizes(0), own.flags, node.rank(0) - axes);
    return node.decided(node.call("host.compact", reduced, own.r.join(sizes)), kept);
  }

  private Expr reduced() {
    DType dtype = node.type(0).dtype();
    boolean isShort = dtype.isFloat() && dtype.bits() < 32;
    Expr x = isShort ? c.cast(node.input(0), DType.F32) : node.input(0);
    return switch (Reductions.operator(node)) {
      case "sum" -> along("sum", x);
      case "mean" -> c.divide(along("sum", x), c.cast(count(), c.dtype(x)));
      case "norm_l1" -> along("sum", c.unary("abs", x));
      case "norm_l2" -> c.unary("sqrt", along("sum", c.multiply(x, x)));
      case "sum_square" -> along("sum", c.multiply(x, x));
      case "log_sum" -> c.unary("log", along("sum", x));
      case "logsumexp" -> {
        Expr greatest = along("max", x);
        Expr infinite =
            node.call("equal", c.unary("abs", greatest), c.scalar(x, Double.POSITIVE_INFINITY));
        Expr shift = c.where(infinite, c.scalar(x, 0), greatest);
        yield c.add(c.unary("log", along("sum", c.unary("exp", c.subtract(x, shift)))), shift);
      }
      case String other -> along(other, x);
    };
  }

  private Expr along(String operator, Expr x) {
    Expr result = x;
    for (int axis = 0; axis < flags.size(); axis++) {
      Expr whole = c.reduce(operator, result, true, axis);
      result = c.where(flags.get(axis), c.broadcastTo(whole, c.sizes(x)), result);
    }
    return result;
  }

  /** How many elements come together. */
  private Expr count() {
    Expr count = r.number(1);
    for (int axis = 0; axis < flags.size(); axis++) {
      Expr size = r.number(node.sizes(0).get(axis));
      count = c.multiply(count, c.where(flags.get(axis), size, r.number(1)));
    }
    return count;
  }

  private static Expr running(OnnxNode node, String operator) {
    AtRunTime r = AtRunTime.of(node);
    Expr axis = r.inputNumber(1);
    Expr result = null;
    for (int candidate = node.rank(0) - 1; candidate >= 0; candidate--) {
      Expr own =
          node.call(
              operator,
              Attributes.builder()
                  .put("axis", candidate)
                  .put("exclusive", node.flag("exclusive", false))
                  .put("reverse", node.flag("reverse", false)),
              node.input(0));
      Expr isOwn = r.isAxis(axis, candidate, node.rank(0));
      result = result == null ? own : r.c().where(isOwn, own, result);
    }
    return result;
  }
}
