package org.jtvmc.schedule.step;

import java.util.Optional;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.Packing;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Has {@code reader} read a stage or an input through a copy whose elements lie in the order in
 * which the reader's loops read them. The copy has one dimension for each loop that the element
 * read depends on, in the order of the loops as they stand when the schedule is lowered, so that
 * the step has no sizes. Elements beyond the end of the original are zero.
 *
 * <p>A constant input is packed when the model is compiled, at no cost at run time.
 *
 * @param stage the stage or input that is read
 * @param at the loop inside which the copy is made (of the reader or of a stage around it); empty
 *     to make it once, before the reader
 */
public record Pack(String stage, String reader, Optional<Attachment.At> at) implements Step {

  public Pack(String stage, String reader) {
    this(stage, reader, Optional.empty());
  }

  @Override
  public Schedule applyTo(Schedule schedule) {
    Tensor original = schedule.tensor(stage);
    Stage target = schedule.stage(reader);
    if (target.isInlined() || !schedule.reads(target, original)) {
      throw new ScheduleException("stage '%s' does not read '%s'".formatted(reader, stage), target);
    }
    for (Packing packing : schedule.packings()) {
      if (packing.tensor() == original && packing.reader().equals(reader)) {
        throw new ScheduleException(
            "'%s' is packed for stage '%s' already".formatted(stage, reader), target);
      }
    }
    at.ifPresent(loop -> Loops.find(schedule.stage(loop.stage()), loop.axis()));
    return schedule.withPacking(
        new Packing(original, schedule.derivedId(stage, "pack"), reader, at));
  }
}
