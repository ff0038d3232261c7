package org.jtvmc.schedule.step;

import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Pipelining;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Has the copies into shared memory that are made inside a loop run ahead of it: while an iteration
 * computes, those of later ones are on their way.
 *
 * @param axis a serial loop
 * @param depth the number of iterations whose copies there is room for; at least 2
 * @param way what copies
 */
public record Pipeline(String stage, String axis, int depth, Pipelining.Way way) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    IterVar loop = Loops.find(target, axis);
    if (loop.forKind() != ForKind.SERIAL || depth < 2) {
      throw new ScheduleException(
          "a serial loop copies ahead with room for 2 iterations or more, not " + depth,
          target,
          axis);
    }
    return schedule.withStage(target.withPipeline(new Pipelining(axis, depth, way)));
  }
}
