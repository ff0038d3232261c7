package org.jtvmc.tuner.measure.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.step.AutoUnroll;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.tuner.measure.Kernels;
import org.junit.jupiter.api.Test;

/** Schedules of one computation are told apart by what they come to, and by nothing else. */
class LoopDigestTest {
  private final ComputeDag dag = Kernels.dense(64, 64, 64);

  private static String digest(Schedule schedule) {
    return LoopDigest.of(Lowering.lower(schedule, "kernel"));
  }

  @Test
  void aLimitThatNoLoopComesNearMakesNoDifference() {
    Schedule plain = Schedule.of(dag);
    assertEquals(digest(plain), digest(plain.apply(new AutoUnroll("dense", 16))));
    assertNotEquals(digest(plain), digest(plain.apply(new AutoUnroll("dense", 64))));
  }

  @Test
  void namesMakeNoDifference() {
    Schedule schedule = Schedule.of(dag).apply(new Split("dense", "i0", List.of(8L)));
    assertEquals(digest(schedule), LoopDigest.of(Lowering.lower(schedule, "another")));
  }

  @Test
  void factorsDo() {
    Schedule plain = Schedule.of(dag);
    Schedule eights = plain.apply(new Split("dense", "i0", List.of(8L)));
    Schedule fours = plain.apply(new Split("dense", "i0", List.of(4L)));
    assertNotEquals(digest(plain), digest(eights));
    assertNotEquals(digest(eights), digest(fours));
  }
}
