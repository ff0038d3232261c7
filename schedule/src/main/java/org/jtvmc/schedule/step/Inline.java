package org.jtvmc.schedule.step;

import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/** Puts a stage's expression in the place of every read of it. */
public record Inline(String stage) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    if (target.isOutput()) {
      throw new ScheduleException(
          "stage '%s' is an output and cannot be inlined".formatted(stage), target);
    }
    if (target.isReduction()) {
      throw new ScheduleException(
          "stage '%s' is a reduction and cannot be inlined".formatted(stage), target);
    }
    if (!schedule.attachedTo(stage).isEmpty()) {
      throw new ScheduleException(
          "stage '%s' hosts stage '%s' and cannot be inlined"
              .formatted(stage, schedule.attachedTo(stage).getFirst().id()),
          target);
    }
    if (schedule.packings().stream().anyMatch(packing -> packing.reader().equals(stage))) {
      throw new ScheduleException(
          "stage '%s' reads a packed tensor and cannot be inlined".formatted(stage), target);
    }
    return schedule.withStage(target.withAttachment(new Attachment.Inlined()));
  }
}
