package org.jtvmc.schedule.step;

import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Computes a stage inside a loop of a stage that reads it, as much as that loop's body needs.
 *
 * @param consumer the stage with the loop; every reader of {@code stage} must be inside the loop
 *     when the schedule is lowered
 * @param axis the loop
 */
public record ComputeAt(String stage, String consumer, String axis) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    Stage host = schedule.stage(consumer);
    IterVar loop = Loops.find(host, axis);
    if (target.isOutput()) {
      throw new ScheduleException(
          "stage '%s' is an output, which is computed whole".formatted(stage), target);
    }
    if (loop.forKind() == ForKind.VECTORIZED) {
      throw new ScheduleException("no stage can be computed inside a vector", host, axis);
    }
    for (IterVar leaf : target.leaves()) {
      if (leaf.forKind() == ForKind.PARALLEL) {
        throw new ScheduleException(
            "stage '%s' has a parallel loop, which only a stage at the root may have"
                .formatted(stage),
            target,
            leaf.id());
      }
    }
    Stage ancestor = host;
    while (true) {
      if (ancestor.id().equals(stage)) {
        throw new ScheduleException(
            "stage '%s' would be computed inside itself".formatted(stage), host, axis);
      }
      if (!(ancestor.attachment() instanceof Attachment.At(String next, _))) {
        break;
      }
      ancestor = schedule.stage(next);
    }
    return schedule.withStage(target.withAttachment(new Attachment.At(consumer, axis)));
  }
}
