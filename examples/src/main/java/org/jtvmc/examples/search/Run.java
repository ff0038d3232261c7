package org.jtvmc.examples.search;

import java.util.List;

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
   * @param bestGflops of the fastest candidate so far; 0 where none worked yet
   */
  record Trial(double seconds, double bestGflops) {}

  Run {
    trials = List.copyOf(trials);
  }

  /** The best speed after {@code count} trials; the last where the session ended before. */
  double bestAfter(int count) {
    return trials.isEmpty() ? 0 : trials.get(Math.min(count, trials.size()) - 1).bestGflops();
  }
}
