package org.jtvmc.compiler.contest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs of a network: with which schedules, and how long each call took. */
final class Samples {
  /** A quarter of a normal distribution's values lies so many standard deviations off, twice. */
  private static final double QUARTILES_APART = 1.349;

  /** The standard error of a median over that of a mean. */
  private static final double ERROR_OF_MEDIAN = 1.253;

  private static final class Run {
    private final int[] alternatives;
    private final double[] times;

    Run(int[] alternatives, double[] times) {
      this.alternatives = alternatives.clone();
      this.times = times.clone();
    }
  }

  /**
   * What a schedule costs a network.
   *
   * @param ms the time of its calls, and of those that follow them
   * @param error how far that may be off, as a standard deviation
   */
  record Cost(double ms, double error) {
    /** Clearly less, and by more than what matters. */
    boolean isBelow(Cost other, double least) {
      return ms + Math.hypot(error, other.error) < other.ms && ms < other.ms * (1 - least);
    }
  }

  private final List<Run> runs = new ArrayList<>();

  void add(int[] alternatives, double[] times) {
    runs.add(new Run(alternatives, times));
  }

  /**
   * The cost of one schedule at some calls. What follows a call counts with it, for a schedule also
   * decides where the next kernel finds its operand.
   */
  Cost cost(List<Integer> calls, int alternative) {
    double sum = 0;
    double squares = 0;
    for (int call : calls) {
      double[] times =
          runs.stream()
              .filter(run -> run.alternatives[call] == alternative)
              .mapToDouble(run -> run.times[call] + following(run, call))
              .sorted()
              .toArray();
      if (times.length == 0) {
        return new Cost(Double.POSITIVE_INFINITY, 0);
      }
      sum += quantile(times, 0.5);
      double deviation = (quantile(times, 0.75) - quantile(times, 0.25)) / QUARTILES_APART;
      squares += Math.pow(ERROR_OF_MEDIAN * deviation, 2) / times.length;
    }
    return new Cost(sum, Math.sqrt(squares));
  }

  /** The times of a call with one schedule. */
  List<Double> times(int call, int alternative) {
    return runs.stream()
        .filter(run -> run.alternatives[call] == alternative)
        .map(run -> run.times[call])
        .toList();
  }

  private static double following(Run run, int call) {
    return call + 1 < run.times.length ? run.times[call + 1] : 0;
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return quantile(sorted, 0.5);
  }

  private static double quantile(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
