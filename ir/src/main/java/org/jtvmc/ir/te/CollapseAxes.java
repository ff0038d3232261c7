package org.jtvmc.ir.te;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Sizes;

/**
 * Writes tensor expressions over as few dimensions as they need: dimensions of size 1 go, and
 * neighbouring dimensions that are only ever walked together become one. Tensors are row-major, so
 * that inputs and outputs keep their memory.
 *
 * <pre>{@code
 * conv[n, c, h, w] = sum(x[n, ci, h, w] * k[c, ci, 0, 0], [ci])     n in 0..1, h in 0..10, w in 0..10
 * conv[c, hw]      = sum(x[ci, hw] * k[c, ci], [ci])                hw in 0..100
 * }</pre>
 *
 * <p>A pointwise convolution is a matrix product then, an elementwise function a single loop, and
 * vectors do not end with each row of an image.
 *
 * <p>Where it is asked for, axes that count the elements of one dimension through become one as
 * well: {@code x[n, h, w] = y[(n * 10 + h) * 10 + w]} is {@code x[nhw] = y[nhw]}.
 */
public final class CollapseAxes {
  private final List<Tensor> order = new ArrayList<>();
  private final Map<Tensor, Grouping> dimensions = new HashMap<>();
  private final Map<ComputeOp, Grouping> reductions = new HashMap<>();
  private final Map<Tensor, Tensor> rewritten = new LinkedHashMap<>();

  private final boolean counted;

  private CollapseAxes(boolean counted) {
    this.counted = counted;
  }

  /** Tensors in the order in which they were given. */
  public record Result(List<Tensor> inputs, List<Tensor> outputs) {
    public Result {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
    }
  }

  /**
   * The collapsed form; tensors that need no change stay the same objects.
   *
   * @param inputs placeholders, whether they are read or not
   * @param outputs what is computed from them
   */
  public static Result apply(List<Tensor> inputs, List<Tensor> outputs) {
    return apply(inputs, outputs, false);
  }

  /**
   * As the other.
   *
   * @param counted true where axes that count a dimension's elements through become one
   */
  public static Result apply(List<Tensor> inputs, List<Tensor> outputs, boolean counted) {
    CollapseAxes collapse = new CollapseAxes(counted);
    collapse.collect(inputs);
    collapse.collect(outputs);
    while (collapse.separate()) {}
    for (Tensor tensor : collapse.order) {
      collapse.rewritten.put(tensor, collapse.rewrite(tensor));
    }
    return new Result(
        inputs.stream().map(collapse.rewritten::get).toList(),
        outputs.stream().map(collapse.rewritten::get).toList());
  }

  /** Operands first. */
  private void collect(List<Tensor> roots) {
    List<Tensor> pending = new ArrayList<>(roots.reversed());
    Set<Tensor> opened = new HashSet<>();
    while (!pending.isEmpty()) {
      Tensor tensor = pending.getLast();
      if (dimensions.containsKey(tensor)) {
        pending.removeLast();
      } else if (tensor.op() instanceof ComputeOp op && opened.add(tensor)) {
        pending.addAll(op.inputs());
      } else {
        pending.removeLast();
        order.add(tensor);
        dimensions.put(tensor, new Grouping(tensor.shape()));
        if (tensor.op() instanceof ComputeOp op) {
          reductions.put(op, new Grouping(op.reduceAxes().stream().map(Axis::extent).toList()));
        }
      }
    }
  }

  /** Parts neighbours that some expression does not walk together; true where any were. */
  private boolean separate() {
    boolean changed = false;
    for (Tensor tensor : order) {
      if (tensor.op() instanceof ComputeOp op) {
        Uses uses = new Uses(tensor, op);
        uses.check(withoutUnitAxes(tensor, op));
        changed |= uses.changed;
      }
    }
    return changed;
  }

  /** The body with 0 for the variables of axes that go. */
  private PrimExpr withoutUnitAxes(Tensor tensor, ComputeOp op) {
    Map<PrimVar, PrimExpr> zeros = new HashMap<>();
    addDropped(op.axes(), dimensions.get(tensor), zeros);
    addDropped(op.reduceAxes(), reductions.get(op), zeros);
    return PrimExprs.substituteShared(op.body(), zeros);
  }

  private static void addDropped(List<Axis> axes, Grouping grouping, Map<PrimVar, PrimExpr> zeros) {
    for (int i = 0; i < axes.size(); i++) {
      if (!grouping.kept.contains(i)) {
        zeros.put(axes.get(i).var(), IntImm.of(0));
      }
    }
  }

  /** Which of a list of dimensions or axes stay, and which of those are one with the next. */
  private static final class Grouping {
    private final List<PrimExpr> extents;
    private final List<Integer> kept = new ArrayList<>();
    private final List<Boolean> joined = new ArrayList<>();

    Grouping(List<PrimExpr> extents) {
      this.extents = extents;
      for (int i = 0; i < extents.size(); i++) {
        if (!IntImm.is(extents.get(i), 1)) {
          kept.add(i);
        }
      }
      if (kept.isEmpty() && !extents.isEmpty()) {
        kept.add(extents.size() - 1);
      }
      for (int k = 0; k + 1 < kept.size(); k++) {
        joined.add(true);
      }
    }

    PrimExpr extent(int k) {
      return extents.get(kept.get(k));
    }

    boolean isJoined(int k) {
      return k >= 0 && k < joined.size() && joined.get(k);
    }

    boolean isUnchanged() {
      return kept.size() == extents.size() && !joined.contains(true);
    }

    /** Positions in {@link #kept} that become one each. */
    List<List<Integer>> groups() {
      List<List<Integer>> groups = new ArrayList<>();
      for (int k = 0; k < kept.size(); k++) {
        if (!isJoined(k - 1)) {
          groups.add(new ArrayList<>());
        }
        groups.getLast().add(k);
      }
      return groups;
    }

    PrimExpr extent(List<Integer> group) {
      return Sizes.canonical(
          group.stream().map(this::extent).reduce(PrimExpr::times).orElseThrow());
    }
  }

  /** Checks how the expression of one tensor uses its axes. */
  private final class Uses {
    private final Map<PrimVar, Place> places = new HashMap<>();
    private boolean changed;

    /** Where a variable stands: the {@code k}-th of those that a grouping keeps. */
    private record Place(Grouping grouping, int k) {}

    Uses(Tensor tensor, ComputeOp op) {
      addPlaces(op.axes(), dimensions.get(tensor));
      addPlaces(op.reduceAxes(), reductions.get(op));
    }

    private void addPlaces(List<Axis> axes, Grouping grouping) {
      for (int k = 0; k < grouping.kept.size(); k++) {
        places.put(axes.get(grouping.kept.get(k)).var(), new Place(grouping, k));
      }
    }

    void check(PrimExpr expr) {
      switch (expr) {
        case Read read -> check(read);
        case PrimVar variable -> {
          Place place = places.get(variable);
          if (place != null) {
            part(place.grouping, place.k - 1);
            part(place.grouping, place.k);
          }
        }
        case PrimExpr other -> PrimExprs.children(other).forEach(this::check);
      }
    }

    private void check(Read read) {
      Grouping source = dimensions.get(read.tensor());
      List<PrimExpr> indices = source.kept.stream().map(read.indices()::get).toList();
      for (int k = 0; k + 1 < indices.size(); k++) {
        if (source.isJoined(k) && !walkTogether(source, indices, k)) {
          part(source, k);
        }
      }
      for (int k = 0; k < indices.size(); k++) {
        if (indices.get(k) instanceof PrimVar variable && places.containsKey(variable)) {
          Place place = places.get(variable);
          if (!source.isJoined(k - 1)) {
            part(place.grouping, place.k - 1);
          }
          if (!source.isJoined(k)) {
            part(place.grouping, place.k);
          }
        } else if (isCount(indices.get(k))) {
          List<PrimVar> digits = digits(indices.get(k));
          Place first = places.get(digits.getFirst());
          part(first.grouping, first.k - 1);
          part(first.grouping, first.k + digits.size() - 1);
        } else {
          check(indices.get(k));
        }
      }
    }

    /** True for neighbouring axes, joined so far, that count through their elements. */
    private boolean isCount(PrimExpr index) {
      List<PrimVar> digits = digits(index);
      Place first = digits.size() < 2 ? null : places.get(digits.getFirst());
      if (!counted || first == null) {
        return false;
      }
      PrimExpr count = digits.getFirst();
      for (int i = 1; i < digits.size(); i++) {
        int k = first.k + i;
        boolean next =
            first.grouping.isJoined(k - 1)
                && new Place(first.grouping, k).equals(places.get(digits.get(i)));
        if (!next) {
          return false;
        }
        count = count.times(first.grouping.extent(k)).plus(digits.get(i));
      }
      return count.equals(index);
    }

    /** Two neighbouring axes that are one, each over the whole dimension; or two constants. */
    private boolean walkTogether(Grouping source, List<PrimExpr> indices, int k) {
      if (indices.get(k) instanceof IntImm && indices.get(k + 1) instanceof IntImm) {
        return true;
      }
      if (!(indices.get(k) instanceof PrimVar first)
          || !(indices.get(k + 1) instanceof PrimVar second)) {
        return false;
      }
      Place a = places.get(first);
      Place b = places.get(second);
      return a != null
          && b != null
          && a.grouping == b.grouping
          && a.k + 1 == b.k
          && a.grouping.isJoined(a.k)
          && a.grouping.extent(a.k).equals(source.extent(k))
          && b.grouping.extent(b.k).equals(source.extent(k + 1));
    }

    private void part(Grouping grouping, int k) {
      if (grouping.isJoined(k)) {
        grouping.joined.set(k, false);
        changed = true;
      }
    }
  }

  private Tensor rewrite(Tensor tensor) {
    Grouping grouping = dimensions.get(tensor);
    return switch (tensor.op()) {
      case PlaceholderOp placeholder -> {
        if (grouping.isUnchanged()) {
          yield tensor;
        }
        List<PrimExpr> shape = grouping.groups().stream().map(grouping::extent).toList();
        yield Tensor.placeholder(
            placeholder.name(), placeholder.dtype(), placeholder.constant(), shape);
      }
      case ComputeOp op -> {
        Map<PrimVar, PrimVar> heads = new HashMap<>();
        List<Axis> axes = rewrite(op.axes(), grouping, heads);
        List<Axis> reduceAxes = rewrite(op.reduceAxes(), reductions.get(op), heads);
        PrimExpr body = rewriteReads(withoutUnitAxes(tensor, op), heads, new IdentityHashMap<>());
        boolean same =
            body.equals(op.body()) && axes.equals(op.axes()) && reduceAxes.equals(op.reduceAxes());
        yield same
            ? tensor
            : Tensor.of(new ComputeOp(op.name(), axes, reduceAxes, op.reducer(), body));
      }
    };
  }

  /**
   * The axes of the groups.
   *
   * @param heads is filled with the new variable of each group by its first old one
   */
  private static List<Axis> rewrite(
      List<Axis> axes, Grouping grouping, Map<PrimVar, PrimVar> heads) {
    List<Axis> result = new ArrayList<>();
    for (List<Integer> group : grouping.groups()) {
      List<Axis> members = group.stream().map(k -> axes.get(grouping.kept.get(k))).toList();
      if (members.size() == 1) {
        result.add(members.getFirst());
        continue;
      }
      String name = String.join("", members.stream().map(axis -> axis.var().name()).toList());
      Axis joined = Axis.of(name, grouping.extent(group));
      heads.put(members.getFirst().var(), joined.var());
      result.add(joined);
    }
    return result;
  }

  /**
   * The expression with the new tensors' reads.
   *
   * @param done what was rewritten so far, by identity: what occurs several times stays one object
   */
  private PrimExpr rewriteReads(
      PrimExpr expr, Map<PrimVar, PrimVar> heads, Map<PrimExpr, PrimExpr> done) {
    PrimExpr known = done.get(expr);
    if (known == null) {
      known =
          expr instanceof Read read
              ? rewriteRead(read, heads, done)
              : PrimExprs.mapChildren(expr, child -> rewriteReads(child, heads, done));
      done.put(expr, known);
    }
    return known;
  }

  private PrimExpr rewriteRead(
      Read read, Map<PrimVar, PrimVar> heads, Map<PrimExpr, PrimExpr> done) {
    Tensor source = rewritten.get(read.tensor());
    Grouping grouping = dimensions.get(read.tensor());
    List<PrimExpr> indices = new ArrayList<>();
    for (List<Integer> group : grouping.groups()) {
      PrimExpr first = read.indices().get(grouping.kept.get(group.getFirst()));
      List<PrimVar> digits = digits(first);
      if (counted && digits.size() > 1 && heads.containsKey(digits.getFirst())) {
        indices.add(heads.get(digits.getFirst()));
      } else if (group.size() == 1) {
        indices.add(rewriteReads(first, heads, done));
      } else if (first instanceof PrimVar variable) {
        indices.add(heads.get(variable));
      } else {
        indices.add(constant(read, grouping, group));
      }
    }
    return source == read.tensor() && indices.equals(read.indices()) ? read : source.at(indices);
  }

  /**
   * The variables of {@code (a * size + b) * size + c}, whatever the sizes; none of anything else.
   */
  private static List<PrimVar> digits(PrimExpr index) {
    if (index instanceof PrimVar variable) {
      return List.of(variable);
    }
    if (index instanceof Binary(BinaryOp sum, PrimExpr high, PrimVar low)
        && sum == BinaryOp.ADD
        && high instanceof Binary(BinaryOp product, PrimExpr above, PrimExpr _)
        && product == BinaryOp.MULTIPLY) {
      List<PrimVar> digits = new ArrayList<>(digits(above));
      if (!digits.isEmpty()) {
        digits.add(low);
      }
      return digits;
    }
    return List.of();
  }

  private static PrimExpr constant(Read read, Grouping grouping, List<Integer> group) {
    PrimExpr position = IntImm.of(0);
    for (int k : group) {
      position = position.times(grouping.extent(k)).plus(read.indices().get(grouping.kept.get(k)));
    }
    return position;
  }
}
