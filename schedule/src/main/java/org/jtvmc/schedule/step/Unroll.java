package org.jtvmc.schedule.step;

import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;

/** Repeats a loop's body instead of looping. */
public record Unroll(String stage, String axis) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    Loops.findSerial(target, axis);
    return schedule.withStage(target.withLeaf(axis, loop -> loop.withForKind(ForKind.UNROLLED)));
  }
}
