package org.jtvmc.tuner.session;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongToDoubleFunction;

/**
 * The most bytes that a machine reads in a time, by how many they are. Measuring takes a while, and
 * a network's kernels have dozens of sizes: one size in each half of a power of two is measured,
 * when it is first needed. It is the one below, which lies in caches as near at least, so that no
 * kernel is faster than it says.
 */
final class ReadBandwidth {
  private static final int SIZES_PER_DOUBLING = 2;

  private final LongToDoubleFunction measure;
  private final Map<Integer, Double> measured = new HashMap<>();

  /**
   * @param measure gigabytes a second for a number of bytes
   */
  ReadBandwidth(LongToDoubleFunction measure) {
    this.measure = measure;
  }

  /**
   * Gigabytes (10^9 bytes) a second.
   *
   * @param bytes at least 1
   */
  double gigabytesPerSecond(long bytes) {
    double doublings = Math.log(bytes) / Math.log(2);
    // An exact power of two is a size of its own, whatever the logarithms round to.
    int step = (int) Math.floor(doublings * SIZES_PER_DOUBLING + 1e-9);
    return measured.computeIfAbsent(
        step, s -> measure.applyAsDouble(Math.round(Math.pow(2, (double) s / SIZES_PER_DOUBLING))));
  }
}
