package org.jtvmc.schedule.space.rule;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;

/**
 * What kind of reduction a stage is: whether neighbouring outputs can share operands or lanes, or
 * only the reduction itself can be vectorised.
 */
record ReductionShape(
    boolean isReduction, boolean hasReuse, boolean spatialLanes, boolean reduceLanes) {

  static ReductionShape of(SketchState state, Stage stage) {
    if (!stage.isReduction()) {
      return new ReductionShape(false, false, false, false);
    }
    List<Access> accesses =
        Access.of(state.schedule(), stage).stream().filter(a -> !a.indices().isEmpty()).toList();
    List<Axis> axes = stage.op().axes();
    List<Access> reduced =
        accesses.stream()
            .filter(
                access -> stage.op().reduceAxes().stream().anyMatch(r -> access.dependsOn(r.var())))
            .toList();
    Set<PrimVar> missed = new HashSet<>();
    for (Access access : reduced) {
      for (Axis axis : axes) {
        if (axis.size() > 1 && !access.dependsOn(axis.var())) {
          missed.add(axis.var());
        }
      }
    }
    boolean reuse =
        reduced.size() >= 2
            && !missed.isEmpty()
            && (isMatrixProduct(axes, reduced) || isProduct(Access.body(state.schedule(), stage)));
    return new ReductionShape(
        true,
        reuse,
        innermostStride(axes, reduced, 4),
        innermostStride(stage.op().reduceAxes(), reduced, 1));
  }

  /** True where two operands each lack an axis of the other, as those of a matrix product do. */
  static boolean isMatrixProduct(List<Axis> axes, List<Access> accesses) {
    return accesses.stream()
        .anyMatch(
            a ->
                accesses.stream()
                    .anyMatch(b -> hasAxisWithout(axes, a, b) && hasAxisWithout(axes, b, a)));
  }

  private static boolean hasAxisWithout(List<Axis> axes, Access one, Access other) {
    return axes.stream()
        .anyMatch(
            axis -> axis.size() > 1 && one.dependsOn(axis.var()) && !other.dependsOn(axis.var()));
  }

  /**
   * A product of different tensors, as in a convolution. Where an operand is merely added to
   * others, as a bias before a norm, there is nothing to gain from reading it for several outputs
   * at once.
   */
  private static boolean isProduct(PrimExpr body) {
    return switch (body) {
      case Binary product when product.op() == BinaryOp.MULTIPLY ->
          Collections.disjoint(tensors(product.left()), tensors(product.right()));
      case Select select -> isProduct(select.whenTrue()) || isProduct(select.whenFalse());
      case Cast cast -> isProduct(cast.value());
      case Binary _,
          IntImm _,
          FloatImm _,
          PrimVar _,
          Compare _,
          Not _,
          Reinterpret _,
          Intrinsic _,
          Read _,
          Load _ ->
          false;
    };
  }

  private static Set<Tensor> tensors(PrimExpr expr) {
    Set<Tensor> tensors = new HashSet<>();
    PrimExprs.forEach(
        expr,
        node -> {
          if (node instanceof Read read) {
            tensors.add(read.tensor());
          }
        });
    return tensors;
  }

  /**
   * True where the innermost axis longer than one walks an operand in steps of 1 to {@code most}.
   */
  private static boolean innermostStride(List<Axis> axes, List<Access> accesses, long most) {
    for (Axis axis : axes.reversed()) {
      if (axis.size() > 1) {
        return accesses.stream()
            .anyMatch(
                access -> {
                  long stride = access.stride(axis.var()).orElse(0);
                  return stride >= 1 && stride <= most;
                });
      }
    }
    return false;
  }

  /** Neighbouring outputs go into the lanes of vectors and into several registers. */
  boolean isTileable() {
    return isReduction && (hasReuse || spatialLanes);
  }

  /** Multiply-adds, or what the reduction does in their place. */
  static double work(Stage stage) {
    double work = 1;
    for (Axis axis : stage.op().axes()) {
      work *= axis.size();
    }
    for (Axis axis : stage.op().reduceAxes()) {
      work *= axis.size();
    }
    return work;
  }
}
