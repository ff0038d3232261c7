package org.jtvmc.schedule.step;

import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/** Divides a loop among the threads: a spatial loop of a stage at the root, in no reduce loop. */
public record Parallel(String stage, String axis) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    IterVar loop = Loops.findSerial(target, axis);
    if (!target.isRoot()) {
      throw new ScheduleException(
          "stage '%s' is not at the root, so its loops cannot be parallel".formatted(stage),
          target,
          axis);
    }
    if (loop.isReduce() || target.position(axis) > target.firstReduce()) {
      throw new ScheduleException(
          "loop '%s' is or is inside a reduce loop and cannot be parallel".formatted(axis),
          target,
          axis);
    }
    return schedule.withStage(target.withLeaf(axis, leaf -> leaf.withForKind(ForKind.PARALLEL)));
  }
}
