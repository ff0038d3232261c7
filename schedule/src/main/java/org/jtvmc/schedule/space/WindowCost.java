package org.jtvmc.schedule.space;

import java.util.List;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;

/**
 * What poolings cost, in cycles of one core with two vector units: steps of the reduction, and
 * picking elements that do not lie side by side. What one reduction gives the next stays in
 * registers or in the first cache; padding is a mask.
 */
final class WindowCost {
  private static final double UNITS = 2;

  /** A maximum, and half of a comparison and of a masked move: two steps look for NaN at once. */
  private static final double STEPS_OF_EXTREMUM = 2;

  /** Writing and reading a vector again, and the window's ends. */
  private static final double PASSED_ON = 4;

  private WindowCost() {}

  /** True where there is a reduction, and each goes over windows of one tensor. */
  static boolean isFor(ComputeDag dag) {
    List<Stage> reductions = dag.stages().stream().filter(Stage::isReduction).toList();
    return !reductions.isEmpty()
        && reductions.stream().allMatch(stage -> Access.of(Schedule.of(dag), stage).size() == 1);
  }

  static double cycles(ComputeDag dag, CpuTarget target) {
    List<Stage> reductions = dag.stages().stream().filter(Stage::isReduction).toList();
    double instructions = 0;
    for (Stage stage : reductions) {
      double vectors = 1.0 / target.lanes(Math.max(1, stage.op().dtype().bytes()));
      for (Axis axis : stage.op().axes()) {
        vectors *= axis.usualSize();
      }
      double steps = 1;
      for (Axis axis : stage.op().reduceAxes()) {
        steps *= axis.usualSize();
      }
      Reducer reducer = stage.op().reducer().orElseThrow();
      boolean extremum = reducer == Reducer.MAX || reducer == Reducer.MIN;
      double each = extremum && stage.op().dtype().isFloat() ? STEPS_OF_EXTREMUM : 1;
      boolean last = stage == reductions.getLast();
      instructions +=
          vectors * ((steps - 1) * each + steps * picks(dag, stage) + (last ? 0 : PASSED_ON));
    }
    return instructions / UNITS;
  }

  /** Instructions that put a vector together of what the innermost axis reads. */
  private static long picks(ComputeDag dag, Stage stage) {
    Access access = Access.of(Schedule.of(dag), stage).getFirst();
    for (Axis axis : stage.op().axes().reversed()) {
      if (axis.usualSize() > 1) {
        return Math.max(0, access.stride(axis.var()).orElse(1) - 1);
      }
    }
    return 0;
  }
}
