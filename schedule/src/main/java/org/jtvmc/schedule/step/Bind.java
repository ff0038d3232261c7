package org.jtvmc.schedule.step;

import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Has a GPU's blocks or threads carry out a loop, one iteration each. A reduce loop goes to {@code
 * threadIdx.x}, whose threads then combine their results.
 */
public record Bind(String stage, String axis, ThreadTag tag) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    IterVar loop = Loops.findSerial(target, axis);
    if (loop.isReduce() && tag != ThreadTag.THREAD_X) {
      throw new ScheduleException(
          "loop '%s' is a reduce loop, whose iterations share their result: only threads of threadIdx.x can combine it"
              .formatted(axis),
          target,
          axis);
    }
    return schedule.withStage(target.withLeaf(axis, leaf -> leaf.boundTo(tag)));
  }
}
