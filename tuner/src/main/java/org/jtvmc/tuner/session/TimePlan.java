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
  /** The search gets the rest at least, whatever the comparisons would like to have. */
  private static final double MOST_AFTER_SEARCH = 0.35;

  private static final double MOST_AFTER_COMPARISONS = 0.2;

  static TimePlan from(Clock clock, Optional<Duration> budget, int tasks) {
    return new TimePlan(clock, clock.instant(), budget, tasks > 1);
  }

  Duration elapsed() {
    return Duration.between(start, clock.instant());
  }

  double seconds() {
    return elapsed().toNanos() / 1e9;
  }

  /**
   * The seconds that are left for the search; infinite without a budget.
   *
   * @param after what is to follow takes so many
   */
  double leftForSearch(double after) {
    return left() - part(after, MOST_AFTER_SEARCH);
  }

  /**
   * The seconds that are left before each task's best must have been compared.
   *
   * @param after what is to follow takes so many
   */
  double leftForComparisons(double after) {
    return left() - part(after, MOST_AFTER_COMPARISONS);
  }

  private double part(double seconds, double most) {
    return budget.map(whole -> Math.min(seconds, most * whole.toNanos() / 1e9)).orElse(0.0);
  }

  /** The seconds that are left of the whole. */
  double left() {
    return budget.map(whole -> whole.toNanos() / 1e9 - seconds()).orElse(Double.POSITIVE_INFINITY);
  }

  /**
   * How much of the time for the search is spent, from 0; 0 without a budget.
   *
   * @param after what is to follow takes so many seconds
   */
  double searched(double after) {
    double left = leftForSearch(after);
    return Double.isInfinite(left) ? 0 : seconds() / Math.max(1e-9, seconds() + left);
  }
}
