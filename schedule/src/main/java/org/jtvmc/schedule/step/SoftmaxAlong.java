package org.jtvmc.schedule.step;

import org.jtvmc.schedule.RunningSoftmax;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Has the softmax whose elements a product sums run along that reduction, a part of it at a time,
 * so that no whole row of it is there at once: see {@link RunningSoftmax}. Comes before the loops
 * of any of the stages are changed.
 *
 * @param stage the product
 * @param part how many elements of the reduction belong together; where they do not divide it, it
 *     goes on with zeros
 */
public record SoftmaxAlong(String stage, long part) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage product = schedule.stage(stage);
    RunningSoftmax softmax =
        RunningSoftmax.of(schedule, product)
            .orElseThrow(
                () ->
                    new ScheduleException(
                        "it sums no elements of a softmax that it alone reads", product));
    if (part < 1 || (softmax.length() % part != 0 && !softmax.canBePadded())) {
      throw new ScheduleException(
          "%d elements are not parts of %d".formatted(softmax.length(), part), product);
    }
    return softmax.along(schedule, part);
  }
}
