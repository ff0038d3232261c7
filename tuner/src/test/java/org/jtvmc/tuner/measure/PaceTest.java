package org.jtvmc.tuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PaceTest {
  private final Pace pace = new Pace(8);

  @Test
  void nothingIsKnownBeforeAnythingWasDone() {
    pace.add(3, 0);
    assertEquals(0, pace.secondsOfOne());
  }

  @Test
  void aSlowStartIsForgottenOnceMoreWasDone() {
    pace.add(40, 4);
    assertEquals(5, pace.secondsOfOne(), "a cold program's pace counts half");
    pace.add(4, 4);
    assertEquals(1, pace.secondsOfOne());
  }

  @Test
  void anEvenPaceIsKept() {
    for (int round = 0; round < 100; round++) {
      pace.add(2, 1);
    }
    assertEquals(2, pace.secondsOfOne(), 1e-3);
  }

  /** After as many steps as are remembered, old and new count alike. */
  @Test
  void aMachineThatBecomesBusyIsNoticed() {
    for (int round = 0; round < 100; round++) {
      pace.add(1, 1);
    }
    for (int round = 0; round < 8; round++) {
      pace.add(3, 1);
    }
    assertEquals(2, pace.secondsOfOne(), 0.01);
    for (int round = 0; round < 40; round++) {
      pace.add(3, 1);
    }
    assertTrue(pace.secondsOfOne() > 2.9);
  }
}
