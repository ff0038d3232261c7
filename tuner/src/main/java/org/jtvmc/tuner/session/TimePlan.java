package org.jtvmc.tuner.session;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.Pace;

/**
 * How the time of a session is divided: first the search, then each task's best are compared, then
 * those of all tasks in the whole network, and then the model may be built. What is to come is
 * reckoned at the pace so far and by what there is to compare, and each part has a deadline that
 * leaves room for it. Without a budget there is time for everything.
 */
final class TimePlan {
  /** The search gets the rest at least, whatever the comparisons would like to have. */
  private static final double MOST_AFTER_SEARCH = 0.35;

  private static final double MOST_TOGETHER_SHARE = 0.2;

  /** What cannot do without it: a model that is late is worth more than none. */
  private static final double MOST_FOR_BUILD = 0.5;

  /**
   * A model's kernel over one of the search, which begins with the largest and does not come to
   * all, and what building takes beside the kernels over reading the model: loading the compiler,
   * fusing, packing the weights and writing them.
   */
  private static final double KERNEL_OF_BUILD = 0.65;

  private static final double REST_OF_BUILD = 1.75;

  /** Trials after which earlier ones count half in the pace. */
  private static final double PACE_TRIALS = 20;

  /** The comparison in the whole network takes so small a part of the time. */
  private static final int TOGETHER_PART = 10;

  private static final Duration LEAST_PATIENCE = Duration.ofSeconds(2);
  private static final Duration MOST_PATIENCE = Duration.ofSeconds(10);

  /** With fewer runs of the whole network nothing can be told. */
  private static final int LEAST_RUNS_TOGETHER = 100;

  /** Making a network ready to run, once its kernels are built. */
  private static final double SECONDS_BEFORE_RUNS = 1.2;

  /** The time that was kept for a comparison is a little shorter once the last trial is over. */
  private static final double TOLERANCE = 1.2;

  private final Clock clock;
  private final Instant start;
  private final Optional<TimeBudget> budget;
  private final ComparisonPlan comparisons;
  private final DoubleSupplier secondsOfBuild;
  private final Pace trials = new Pace(PACE_TRIALS);
  private final Pace measuring = new Pace(PACE_TRIALS);

  /**
   * A plan that begins now.
   *
   * @param comparisons what there will be to compare
   * @param secondsOfBuild what building one schedule takes
   */
  TimePlan(
      Clock clock,
      Optional<TimeBudget> budget,
      ComparisonPlan comparisons,
      DoubleSupplier secondsOfBuild) {
    this.clock = clock;
    this.start = clock.instant();
    this.budget = budget;
    this.comparisons = comparisons;
    this.secondsOfBuild = secondsOfBuild;
  }

  /** Since the session began. */
  Duration elapsed() {
    return Duration.between(start, clock.instant());
  }

  double seconds() {
    return elapsed().toNanos() / 1e9;
  }

  /**
   * Takes in a round of the search.
   *
   * @param since {@link #seconds} when it began
   * @param number of trials
   */
  void searchedSince(double since, int number) {
    trials.add(seconds() - since, number);
  }

  /**
   * Takes in what was measured within a round.
   *
   * @param since {@link #seconds} when it began
   * @param number of candidates
   */
  void measuredSince(double since, int number) {
    measuring.add(seconds() - since, number);
  }

  /** What measuring one of several that are compared takes: about as long as in the search. */
  double secondsOfFinalist() {
    return Math.max(1e-6, measuring.secondsOfOne());
  }

  /** What a trial takes, all in all. */
  double secondsOfTrial() {
    return Math.max(1e-6, trials.secondsOfOne());
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
    return left() - part(secondsTogether(planned()), MOST_TOGETHER_SHARE);
  }

  /** The seconds left before the model is built, or of the whole where it is not. */
  double left() {
    return budget
        .map(whole -> seconds(whole.whole().minus(whole.before())) - seconds() - ofBuild(whole))
        .orElse(Double.POSITIVE_INFINITY);
  }

  /** Whether there is no end to the time. */
  boolean endless() {
    return budget.isEmpty();
  }

  /** How much of the time for the search is spent, from 0; 0 without a budget. */
  double searched() {
    double left = leftForSearch();
    return Double.isInfinite(left) ? 0 : seconds() / Math.max(1e-9, seconds() + left);
  }

  /** Over when the search must end. */
  Deadline forSearch() {
    return this::leftForSearch;
  }

  /** Over when the comparisons of each task's best must end. */
  Deadline forComparisons() {
    return this::leftForComparisons;
  }

  /** Over when the session must end. */
  Deadline forSession() {
    return this::left;
  }

  /** What the comparisons take for which there is time. */
  double secondsOfComparisons() {
    int together = planned();
    return comparisons.allFinalists(onlyHeavyByThemselves()) * secondsOfFinalist()
        + secondsTogether(together);
  }

  /**
   * Whether only tasks that matter most are compared by themselves, because time is short and the
   * others' best meet in the whole network.
   */
  boolean onlyHeavyByThemselves() {
    return budget.isPresent() && planned() > 0;
  }

  /**
   * How many schedules of a task, beside the default, can be compared in the whole network in the
   * time that is left; 0 where there is nothing to compare, or no time for it.
   */
  int contenders() {
    return contendersIn(left() * TOLERANCE);
  }

  /** How long schedules are measured in the whole network, where there is time for it. */
  Duration patience() {
    Duration share = elapsed().dividedBy(TOGETHER_PART);
    Duration patience = share.compareTo(LEAST_PATIENCE) < 0 ? LEAST_PATIENCE : share;
    return patience.compareTo(MOST_PATIENCE) > 0 ? MOST_PATIENCE : patience;
  }

  /** The number of contenders for which time is kept. */
  private int planned() {
    return contendersIn(
        budget
            .map(known -> MOST_TOGETHER_SHARE * seconds(known.whole()))
            .orElse(Double.POSITIVE_INFINITY));
  }

  private int contendersIn(double seconds) {
    for (int contenders = ComparisonPlan.CONTENDERS; contenders > 0; contenders--) {
      double needed = secondsTogether(contenders);
      if (needed > 0 && needed <= seconds) {
        return contenders;
      }
    }
    return 0;
  }

  private double secondsTogether(int contenders) {
    int schedules = contenders == 0 ? 0 : comparisons.schedules(contenders);
    return schedules == 0
        ? 0
        : secondsOfBuilds(schedules)
            + SECONDS_BEFORE_RUNS
            + LEAST_RUNS_TOGETHER * comparisons.modelMs() / 1e3;
  }

  private double ofBuild(TimeBudget known) {
    double build =
        KERNEL_OF_BUILD * secondsOfBuilds(comparisons.tasks())
            + REST_OF_BUILD * seconds(known.reading());
    return known.builds() ? Math.min(build, MOST_FOR_BUILD * seconds(known.whole())) : 0;
  }

  private double part(double seconds, double most) {
    return budget.map(known -> Math.min(seconds, most * seconds(known.whole()))).orElse(0.0);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
