package org.jtvmc.schedule.step;

import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Unrolls the innermost serial loops of a stage as far out as their iterations together stay within
 * a limit.
 *
 * @param maxSteps the limit; 0 unrolls nothing
 */
public record AutoUnroll(String stage, int maxSteps) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    if (maxSteps < 0) {
      throw new ScheduleException("a limit of steps cannot be negative: " + maxSteps, target);
    }
    return schedule.withStage(target.withAutoUnroll(maxSteps));
  }
}
