package org.jtvmc.schedule.step;

import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;

/**
 * Carries out a loop in the lanes of vector instructions. On a reduce loop it means a horizontal
 * reduction. Loops inside it are unrolled ones only.
 */
public record Vectorize(String stage, String axis) implements Step {

  @Override
  public Schedule applyTo(Schedule schedule) {
    Stage target = schedule.stage(stage);
    Loops.findSerial(target, axis);
    return schedule.withStage(target.withLeaf(axis, loop -> loop.withForKind(ForKind.VECTORIZED)));
  }
}
