package org.jtvmc.tuner.session;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How the time of a session is divided: first the search, then each task's best are compared, then
 * those of all tasks in the whole network. Without a budget there is time for everything.
 *
 * @param start of the session
 * @param network whether there are tasks to be compared together
 */
record TimePlan(Clock clock, Instant start, Optional<Duration> budget, boolean network) {
  private static final double SEARCH = 0.9;

  /** A network is compiled again, with several schedules of its kernels, before it is measured. */
  private static final double SEARCH_OF_NETWORK = 0.65;

  private static final double COMPARISONS_OF_NETWORK = 0.8;

  static TimePlan from(Clock clock, Optional<Duration> budget, int tasks) {
    return new TimePlan(clock, clock.instant(), budget, tasks > 1);
  }

  Duration elapsed() {
    return Duration.between(start, clock.instant());
  }

  double seconds() {
    return elapsed().toNanos() / 1e9;
  }

  /** The seconds that are left for the search; infinite without a budget. */
  double leftForSearch() {
    return left(network ? SEARCH_OF_NETWORK : SEARCH);
  }

  /** The seconds that are left before each task's best must have been compared. */
  double leftForComparisons() {
    return left(network ? COMPARISONS_OF_NETWORK : 1);
  }

  /** The seconds that are left of the whole. */
  double left() {
    return left(1);
  }

  private double left(double part) {
    return budget
        .map(whole -> part * whole.toNanos() / 1e9 - seconds())
        .orElse(Double.POSITIVE_INFINITY);
  }

  /** How much of the time for the search is spent, from 0; 0 without a budget. */
  double searched() {
    double left = leftForSearch();
    return Double.isInfinite(left) ? 0 : seconds() / Math.max(1e-9, seconds() + left);
  }
}
