package org.jtvmc.schedule.step;

import org.jtvmc.ir.loop.Scope;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/** Says where the elements of a stage live while it is computed at a loop of another. */
public record SetScope(String stage, Scope scope) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    if (target.isRoot() || target.isInlined()) {
      throw new ScheduleException(
          "stage '%s' is not computed at a loop, so its place in memory is fixed".formatted(stage),
          target);
    }
    return schedule.withStage(target.withScope(scope));
  }
}
