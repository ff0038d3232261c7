package org.jtvmc.tuner.measure;

import java.util.stream.IntStream;

/**
 * Whether one of two that ran in turn is the faster one, or was so by chance: by in how many of the
 * turns it was (Dixon and Mood, 1946). It asks nothing of how times are distributed, and what
 * disturbs both of a turn does not count.
 */
public final class SignTest {
  /** Two that are equal seem to differ no more often than this. */
  private static final double LEVEL = 0.05;

  private SignTest() {}

  /**
   * True where what ran first is faster, and chance alone would show as much in one case of twenty
   * at most; never with fewer than five turns.
   *
   * @param times of each turn
   * @param others of the same turns
   */
  public static boolean isFaster(double[] times, double[] others) {
    int turns = Math.min(times.length, others.length);
    int won = (int) IntStream.range(0, turns).filter(k -> times[k] < others[k]).count();
    int lost = (int) IntStream.range(0, turns).filter(k -> times[k] > others[k]).count();
    return chance(won, won + lost) <= LEVEL;
  }

  /** How probable it is to win so many of {@code turns} even games at least. */
  static double chance(int won, int turns) {
    double sum = 0;
    // The logarithm of "turns over k", divided by all outcomes.
    double logarithm = -turns * Math.log(2);
    for (int k = 0; k <= turns; k++) {
      if (k >= won) {
        sum += Math.exp(logarithm);
      }
      logarithm += Math.log(turns - k) - Math.log(k + 1.0);
    }
    return Math.min(1, sum);
  }
}
