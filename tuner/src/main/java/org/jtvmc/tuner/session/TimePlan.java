package org.jtvmc.tuner.session;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.jtvmc.tuner.measure.Deadline;

/**
 * How the time of a session is divided: first the search, then each task's best are compared, then
 * those of all tasks in the whole network, and then the model may be built. What is to come is
 * reckoned at the pace so far, and each part has a deadline that leaves room for it. Without a
 * budget there is time for everything.
 */
final class TimePlan {
  /** The search gets the rest at least, whatever the comparisons would like to have. */
  private static final double MOST_AFTER_SEARCH = 0.35;

  private static final double MOST_AFTER_COMPARISONS = 0.2;

  /** What cannot do without it: a model that is late is worth more than none. */
  private static final double MOST_FOR_BUILD = 0.5;

  /** The comparison in the whole network takes so small a part of the time. */
  private static final int TOGETHER_PART = 10;

  /** A shorter comparison in the whole network tells nothing. */
  static final Duration LEAST_TOGETHER = Duration.ofSeconds(2);

  private static final Duration MOST_TOGETHER = Duration.ofSeconds(10);

  private final Clock clock;
  private final Instant start;
  private final Optional<TimeBudget> budget;
  private final List<TaskTuning> tasks;
  private final DoubleSupplier secondsOfBuild;

  /**
   * A plan that begins now.
   *
   * @param tasks what is tuned
   * @param secondsOfBuild what building one schedule took so far
   */
  TimePlan(
      Clock clock,
      Optional<TimeBudget> budget,
      List<TaskTuning> tasks,
      DoubleSupplier secondsOfBuild) {
    this.clock = clock;
    this.start = clock.instant();
    this.budget = budget;
    this.tasks = tasks;
    this.secondsOfBuild = secondsOfBuild;
  }

  /** Since the session began. */
  Duration elapsed() {
    return Duration.between(start, clock.instant());
  }

  double seconds() {
    return elapsed().toNanos() / 1e9;
  }

  /** True where there is a budget, and several tasks to be compared together. */
  boolean isNetworkInABudget() {
    return budget.isPresent() && tasks.size() > 1;
  }

  /** What a trial took so far, all in all. */
  double secondsOfTrial() {
    int done = tasks.stream().mapToInt(TaskTuning::sessionTrials).sum();
    return Math.max(1e-6, seconds() / Math.max(1, done));
  }

  /** What building so many schedules will take. */
  double secondsOfBuilds(int schedules) {
    return schedules * secondsOfBuild.getAsDouble();
  }

  /** The seconds left for the search; infinite without a budget. */
  double leftForSearch() {
    return left() - part(secondsOfComparisons(), MOST_AFTER_SEARCH);
  }

  /** The seconds left before each task's best must have been compared. */
  double leftForComparisons() {
    return left() - part(secondsTogether(), MOST_AFTER_COMPARISONS);
  }

  /** The seconds left before the model is built, or of the whole where it is not. */
  double left() {
    return budget
        .map(whole -> seconds(whole.whole().minus(whole.before())) - seconds() - ofBuild(whole))
        .orElse(Double.POSITIVE_INFINITY);
  }

  /** How much of the time for the search is spent, from 0; 0 without a budget. */
  double searched() {
    double left = leftForSearch();
    return Double.isInfinite(left) ? 0 : seconds() / Math.max(1e-9, seconds() + left);
  }

  /** Over when the search must end. */
  Deadline forSearch() {
    return () -> leftForSearch() <= 0;
  }

  /** Over when the comparisons of each task's best must end. */
  Deadline forComparisons() {
    return () -> leftForComparisons() <= 0;
  }

  /** Over when the session must end. */
  Deadline forSession() {
    return () -> left() <= 0;
  }

  /** How long schedules are measured in the whole network. */
  Duration patience() {
    Duration share = elapsed().dividedBy(TOGETHER_PART);
    Duration patience = share.compareTo(LEAST_TOGETHER) < 0 ? LEAST_TOGETHER : share;
    return patience.compareTo(MOST_TOGETHER) > 0 ? MOST_TOGETHER : patience;
  }

  private double secondsOfComparisons() {
    int finalists =
        tasks.size() > 1
            ? FinalComparison.FINALISTS * tasks.size()
            : FinalComparison.FINALISTS_OF_HEAVY;
    return finalists * secondsOfTrial() + secondsTogether();
  }

  private double secondsTogether() {
    return tasks.size() > 1
        ? secondsOfBuilds((FinalComparison.CONTENDERS + 1) * tasks.size()) + seconds(patience())
        : 0;
  }

  /** Writing the weights takes about as long as reading them. */
  private double ofBuild(TimeBudget known) {
    double build = secondsOfBuilds(tasks.size()) + seconds(known.before());
    return known.builds() ? Math.min(build, MOST_FOR_BUILD * seconds(known.whole())) : 0;
  }

  private double part(double seconds, double most) {
    return budget.map(known -> Math.min(seconds, most * seconds(known.whole()))).orElse(0.0);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
