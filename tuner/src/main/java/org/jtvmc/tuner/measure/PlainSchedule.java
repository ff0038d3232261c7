package org.jtvmc.tuner.measure;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.step.Parallel;
import org.jtvmc.schedule.step.Reorder;

/**
 * One loop nest for each stage, with nothing tiled, fused or packed: what a reference is computed
 * with. Two things keep a reference of billions of operations from taking longer than the search:
 * the outermost loop is divided among the threads, and a reduction goes along its outputs where
 * those lie side by side in what it reads.
 */
final class PlainSchedule {

  private PlainSchedule() {}

  static Schedule of(ComputeDag dag) {
    Schedule schedule = Schedule.of(dag);
    for (Stage stage : dag.stages()) {
      if (stage.op().axes().isEmpty()) {
        continue;
      }
      if (stage.isReduction() && readsAlongOutputs(schedule, stage)) {
        schedule = schedule.apply(new Reorder(stage.id(), lastAxisInnermost(stage)));
      }
      schedule =
          schedule.apply(
              new Parallel(stage.id(), schedule.stage(stage.id()).leaves().getFirst().id()));
    }
    return schedule;
  }

  private static boolean readsAlongOutputs(Schedule schedule, Stage stage) {
    Axis last = stage.op().axes().getLast();
    return stage.op().axes().size() > 1
        && Access.of(schedule, stage).stream()
            .anyMatch(access -> access.stride(last.var()).orElse(0) == 1);
  }

  private static List<String> lastAxisInnermost(Stage stage) {
    List<String> order = new ArrayList<>(stage.axes().stream().map(IterVar::id).toList());
    String last = order.remove(stage.op().axes().size() - 1);
    order.add(last);
    return order;
  }
}
