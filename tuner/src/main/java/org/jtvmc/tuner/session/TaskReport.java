package org.jtvmc.tuner.session;

import java.util.Map;

/**
 * What became of a task.
 *
 * @param trials candidates measured, earlier sessions' included
 * @param bestMs the best time of one run; infinite where nothing worked
 * @param searchMs the best time or, where nothing was measured, the best estimate; infinite where
 *     there is neither
 * @param spread how far the median of its measurements lies above their best, as a part of it: what
 *     times of this session can be trusted to
 * @param attainableMs what the machine's arithmetic and memory allow at best; 0 where that was not
 *     measured
 * @param failures how many candidates failed in this session, by class: {@code rejected, build,
 *     launch, timeout, wrong_answer}
 */
public record TaskReport(
    int id,
    String name,
    String workload,
    int weight,
    double flop,
    int trials,
    double bestMs,
    double searchMs,
    double spread,
    double attainableMs,
    Map<String, Integer> failures) {

  /** Billions of operations a second of the best candidate; 0 where there is none. */
  public double bestGflops() {
    return gflops(flop, bestMs);
  }

  /** Billions of operations a second; 0 where a time is infinite, for none was found. */
  public static double gflops(double flop, double ms) {
    return Double.isInfinite(ms) ? 0 : flop / ms / 1e6;
  }
}
