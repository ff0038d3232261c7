package org.jtvmc.examples.search;

import java.util.List;
import java.util.OptionalDouble;

/**
 * One session on one workload.
 *
 * @param trials in the order of measurement
 */
record Run(String workload, String variant, long seed, List<Trial> trials) {

  /**
   * What was known after a trial.
   *
   * @param seconds since the session began
   * @param bestGflops of the fastest candidate so far, as the session measured it; 0 where none
   *     worked yet
   * @param inTurnGflops of the same candidate, measured in turn with what the other variants had
   *     found by then; empty after trials at which they are not compared
   */
  record Trial(double seconds, double bestGflops, OptionalDouble inTurnGflops) {}

  Run {
    trials = List.copyOf(trials);
  }

  /**
   * The best speed after {@code count} trials, the last where the session ended before. What a
   * session measures depends on when it ran: its speeds are made to agree with the last comparison.
   */
  double bestAfter(int count) {
    if (trials.isEmpty()) {
      return 0;
    }
    Trial last = trials.getLast();
    double scale = last.inTurnGflops().orElse(last.bestGflops()) / last.bestGflops();
    return after(count).bestGflops() * (Double.isNaN(scale) ? 0 : scale);
  }

  /** The speed in the comparison of what was best after {@code count} trials. */
  double inTurnAfter(int count) {
    return trials.isEmpty() ? 0 : after(count).inTurnGflops().orElse(0);
  }

  private Trial after(int count) {
    return trials.get(Math.min(count, trials.size()) - 1);
  }
}
