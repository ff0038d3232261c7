package org.jtvmc.schedule.step;

import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;

/**
 * Computes the kernel by another of its algorithms: Winograd's in the place of a direct
 * convolution. Comes before all other steps, which then speak of that algorithm's stages.
 *
 * @param stage the algorithm's name, in the place of a stage's
 */
public record UseStrategy(String stage) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    if (!schedule.steps().isEmpty()) {
      throw new ScheduleException(
          "strategy '%s' is chosen after other steps, but it gives the stages".formatted(stage));
    }
    ComputeDag dag =
        schedule
            .dag()
            .strategy(stage)
            .orElseThrow(
                () ->
                    new ScheduleException(
                        "there is no strategy '%s'; the strategies are %s"
                            .formatted(stage, String.join(", ", schedule.dag().strategies()))));
    return Schedule.of(dag);
  }
}
