package org.jtvmc.schedule.step;

import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Makes one launch of those of two stages at the root of a GPU's kernel, of which one reads what
 * the other has made: the block that comes as the last of those that make what one block of {@code
 * stage} reads does that block's work too.
 *
 * @param producer a stage before it, whose blocks are those of {@code stage} for each value of its
 *     outermost axis
 */
public record JoinLaunch(String stage, String producer) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    Stage made = schedule.stage(producer);
    if (stage.equals(producer) || made.isOutput()) {
      throw new ScheduleException(
          "its launch cannot be joined with that of stage '%s'".formatted(producer), target);
    }
    return schedule.withStage(target.withJoined(producer));
  }
}
