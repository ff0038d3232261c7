package org.jtvmc.schedule.space.rule;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.te.Axis;
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
    boolean reuse = reduced.size() >= 2 && !missed.isEmpty();
    return new ReductionShape(
        true,
        reuse,
        innermostStride(axes, reduced, 4),
        innermostStride(stage.op().reduceAxes(), reduced, 1));
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
