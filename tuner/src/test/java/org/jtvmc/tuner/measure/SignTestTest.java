package org.jtvmc.tuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SignTestTest {

  /** Against the numbers of ways: 1 of 32, 7 + 1 of 128, 21 + 7 + 1 of 128, and all. */
  @Test
  void chanceIsThatOfEvenGames() {
    assertEquals(1 / 32.0, SignTest.chance(5, 5), 1e-12);
    assertEquals(8 / 128.0, SignTest.chance(6, 7), 1e-12);
    assertEquals(29 / 128.0, SignTest.chance(5, 7), 1e-12);
    assertEquals(1, SignTest.chance(0, 400), 1e-9);
    assertEquals(0.5, SignTest.chance(200, 399), 1e-9);
  }

  @Test
  void fiveTurnsAreNeededAndEqualOnesDoNotCount() {
    double[] two = {2, 2, 2, 2, 2};
    assertTrue(SignTest.isFaster(new double[] {1, 1, 1, 1, 1}, two));
    assertFalse(SignTest.isFaster(new double[] {1, 1, 1, 1}, Arrays.copyOf(two, 4)));
    assertFalse(SignTest.isFaster(new double[] {1, 1, 1, 1, 2}, two));
    assertFalse(SignTest.isFaster(two, two));
    assertFalse(SignTest.isFaster(new double[0], two));
  }

  /** Times with noise that only ever adds, and a disturbance of whole turns. */
  @Test
  void equalOnesSeldomSeemToDifferAndAFasterOneIsFound() {
    SplittableRandom random = new SplittableRandom(11);
    int equal = 0;
    int faster = 0;
    int cases = 2000;
    for (int k = 0; k < cases; k++) {
      double[] times = new double[15];
      double[] same = new double[15];
      double[] slower = new double[15];
      for (int turn = 0; turn < times.length; turn++) {
        double disturbance = random.nextInt(4) == 0 ? 1.5 : 1;
        times[turn] = disturbance * (1 + 0.05 * random.nextDouble());
        same[turn] = disturbance * (1 + 0.05 * random.nextDouble());
        slower[turn] = disturbance * (1.05 + 0.05 * random.nextDouble());
      }
      equal += SignTest.isFaster(times, same) ? 1 : 0;
      faster += SignTest.isFaster(times, slower) ? 1 : 0;
    }
    assertTrue(equal < 0.06 * cases, equal + " of " + cases);
    assertEquals(cases, faster);
  }
}
