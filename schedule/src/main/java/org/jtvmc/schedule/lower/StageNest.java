package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.AxisValues;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Relation;
import org.jtvmc.schedule.Stage;

/**
 * The loops of a stage over its region: their extents and variables, the values of the operation's
 * axes in terms of them, and the conditions under which an iteration is within the tensor.
 */
final class StageNest {

  /**
   * One loop.
   *
   * @param var null where the extent is 1 and there is no loop
   */
  record Leaf(IterVar loop, PrimVar var, PrimExpr size, ForKind kind, Optional<ThreadTag> tag) {

    /** True where the number of iterations is known only at run time. */
    boolean isOpen() {
      return !(size instanceof IntImm);
    }

    /** The number of iterations; the greatest long where it is known only at run time. */
    long extent() {
      return size instanceof IntImm number ? number.value() : Long.MAX_VALUE;
    }
  }

  /**
   * A condition of one axis.
   *
   * @param depth the position of the innermost of the stage's own loops that it depends on, or -1
   * @param onTensor true where the element is outside of the tensor without it; false where the
   *     iteration is outside of the region or beyond the reduction
   */
  record Guard(PrimExpr condition, int depth, boolean onReduceAxis, boolean onTensor) {}

  final Stage stage;
  final PrimExpr body;
  final Region region;
  final List<Leaf> leaves;

  /** The loops inside which other stages are computed. */
  final Set<String> hosting;

  /** For each axis of the operation, spatial ones first, its value in the whole tensor. */
  final Map<PrimVar, LinearForm> axisValues = new IdentityHashMap<>();

  /** The position of the outermost loop that an intrinsic does; the number of loops for none. */
  final int tensorized;

  final List<Guard> guards = new ArrayList<>();

  StageNest(Stage stage, PrimExpr body, Region region, Set<String> hosting, Simplifier simplifier) {
    this.stage = stage;
    this.body = body;
    this.region = region;
    this.hosting = hosting;
    ComputeOp op = stage.op();
    int spatial = op.axes().size();
    List<PrimExpr> axisSizes = new ArrayList<>(region.extents());
    for (IterVar axis : stage.axes().subList(spatial, stage.axes().size())) {
      axisSizes.add(axis.size());
    }
    Map<String, PrimExpr> sizes = AxisValues.sizes(stage, axisSizes);
    this.tensorized = tensorized(stage);
    this.leaves = makeLeaves(sizes);
    Map<String, PrimExpr> values = new HashMap<>();
    for (Leaf leaf : leaves) {
      if (leaf.var != null) {
        simplifier.below(leaf.var, leaf.size);
      }
      values.put(leaf.loop.id(), leaf.var == null ? IntImm.of(0) : leaf.var);
    }
    AxisValues.complete(stage, values, sizes);
    for (int i = 0; i < axisSizes.size(); i++) {
      LinearForm local = simplifier.linear(values.get(stage.axes().get(i).id()));
      if (i >= spatial) {
        axisValues.put(op.reduceAxes().get(i - spatial).var(), local);
      } else {
        Axis axis = op.axes().get(i);
        LinearForm value = simplifier.recombine(region.mins().get(i).plus(local));
        axisValues.put(axis.var(), value);
        if (!region.isWholeOpenAxis(i, axis.extent())) {
          LinearForm size = simplifier.linear(axis.extent());
          addGuard(simplifier.compare(Compare.Op.LESS, value.minus(size)), false, true);
          addGuard(simplifier.compare(Compare.Op.GREATER_EQUAL, value), false, true);
        }
      }
    }
    Map<String, IterVar.Kind> kinds = kinds(stage);
    for (String axis : AxisValues.overstepped(stage, sizes)) {
      LinearForm value = simplifier.linear(values.get(axis));
      LinearForm size = simplifier.linear(sizes.get(axis));
      addGuard(
          simplifier.compare(Compare.Op.LESS, value.minus(size)),
          kinds.get(axis) == IterVar.Kind.REDUCE,
          false);
    }
  }

  private static Map<String, IterVar.Kind> kinds(Stage stage) {
    Map<String, IterVar.Kind> kinds = new HashMap<>();
    stage.axes().forEach(axis -> kinds.put(axis.id(), axis.kind()));
    for (Relation relation : stage.relations()) {
      switch (relation) {
        case Relation.Split split ->
            split.parts().forEach(part -> kinds.put(part, kinds.get(split.axis())));
        case Relation.Fuse(List<String> axes, String fused) ->
            kinds.put(fused, kinds.get(axes.getFirst()));
      }
    }
    return kinds;
  }

  private List<Leaf> makeLeaves(Map<String, PrimExpr> sizes) {
    List<Leaf> all = new ArrayList<>(stage.leaves().size());
    for (IterVar loop : stage.leaves()) {
      PrimExpr size = sizes.get(loop.id());
      // A loop of one thread still says that the others do nothing.
      boolean dropped = IntImm.is(size, 1) && loop.forKind() != ForKind.THREAD;
      PrimVar variable = dropped ? null : PrimVar.index(variableName(loop.id()));
      // What is known only at run time cannot be written out.
      boolean open = loop.forKind() == ForKind.UNROLLED && !(size instanceof IntImm);
      ForKind kind = open ? ForKind.SERIAL : loop.forKind();
      all.add(new Leaf(loop, variable, size, kind, loop.tag()));
    }
    long steps = 1;
    for (int i = Math.min(tensorized, all.size()) - 1; i >= 0 && stage.autoUnroll() > 0; i--) {
      Leaf leaf = all.get(i);
      boolean stops =
          hosting.contains(leaf.loop.id())
              || leaf.kind == ForKind.PARALLEL
              || leaf.kind == ForKind.THREAD
              || leaf.isOpen();
      if (stops) {
        break;
      }
      if (leaf.kind != ForKind.VECTORIZED) {
        steps = Math.multiplyExact(steps, leaf.extent());
        if (steps > stage.autoUnroll()) {
          break;
        }
        all.set(i, new Leaf(leaf.loop, leaf.var, leaf.size, ForKind.UNROLLED, leaf.tag));
      }
    }
    return List.copyOf(all);
  }

  private static int tensorized(Stage stage) {
    int position = 0;
    while (position < stage.leaves().size() && stage.leaves().get(position).intrinsic().isEmpty()) {
      position++;
    }
    return position;
  }

  private static String variableName(String axis) {
    StringBuilder name = new StringBuilder(axis.length());
    for (int i = 0; i < axis.length(); i++) {
      char c = axis.charAt(i);
      if (Character.isLetterOrDigit(c) || c == '_') {
        name.append(c);
      } else if (c != '(' && c != ')') {
        name.append('_');
      }
    }
    return name.toString();
  }

  private void addGuard(PrimExpr condition, boolean reduce, boolean onTensor) {
    if (IntImm.is(condition, 1)) {
      return;
    }
    for (int i = 0; i < guards.size(); i++) {
      Guard guard = guards.get(i);
      if (guard.condition.equals(condition)) {
        boolean alone = guard.onTensor && onTensor;
        guards.set(i, new Guard(condition, guard.depth, guard.onReduceAxis, alone));
        return;
      }
    }
    int depth = leaves.size() - 1;
    while (depth >= 0
        && (leaves.get(depth).var == null || !PrimExprs.uses(condition, leaves.get(depth).var))) {
      depth--;
    }
    guards.add(new Guard(condition, depth, reduce, onTensor));
  }

  /** The position of the loop named {@code axis}. */
  int position(String axis) {
    return stage.position(axis);
  }

  int firstReduce() {
    return stage.firstReduce();
  }

  /** The element of the stage's tensor that an iteration computes. */
  List<LinearForm> element() {
    List<LinearForm> element = new ArrayList<>(stage.op().axes().size());
    for (Axis axis : stage.op().axes()) {
      element.add(axisValues.get(axis.var()));
    }
    return element;
  }

  /** The loop of another stage inside which this stage is computed; empty at the root. */
  Optional<Attachment.At> host() {
    return stage.attachment() instanceof Attachment.At at ? Optional.of(at) : Optional.empty();
  }
}
