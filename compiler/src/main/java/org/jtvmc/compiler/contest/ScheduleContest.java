package org.jtvmc.compiler.contest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.SplittableRandom;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.SignTest;

/**
 * Chooses a schedule for each kernel of a network so that the whole becomes fast, and never slower
 * than with the default schedules.
 *
 * <p>Kernels depend on each other: one that shares out its rows among threads as the kernel before
 * did finds its operand in its own cache. So schedules are drawn at random in whole runs, and each
 * is judged by the time of its calls and of those behind them; then again, most kernels having what
 * seemed the best. At last the defaults, the winners of single measurements, and what was put
 * together run in turn, and the fastest stays.
 */
final class ScheduleContest {
  /** A gain of less is not worth leaving the default for, nor to be told from none. */
  private static final double LEAST_GAIN = 0.005;

  private static final int WARMUP = 3;
  private static final int LEAST_FINAL_ROUNDS = 7;

  /** Where time ends before all last rounds are made, so many decide. */
  private static final int LEAST_DECIDING_ROUNDS = 5;

  /** What is left of the time until the deadline for what is measured around the runs. */
  private static final double USED_OF_TIME_LEFT = 0.9;

  private static final int MOST_ROUNDS = 400;
  private static final int ROUNDS_PER_ALTERNATIVE = 7;

  /** In the second pass one kernel in so many has another schedule than seemed the best. */
  private static final int EXCHANGED = 4;

  /**
   * A kernel with several schedules, the first the default.
   *
   * @param calls where a run calls it
   * @param alternatives how many schedules
   */
  record Kernel(List<Integer> calls, int alternatives) {
    Kernel {
      calls = List.copyOf(calls);
    }
  }

  /**
   * What came of it.
   *
   * @param chosen for each kernel
   * @param defaultMs of a run with the default schedules: the median, as the other times
   * @param winnersMs with each kernel's second schedule
   * @param chosenMs with the chosen ones
   */
  record Outcome(
      List<Integer> chosen, double defaultMs, double winnersMs, double chosenMs, Samples samples) {}

  private final Network network;
  private final List<Kernel> kernels;
  private final SplittableRandom random;
  private final Samples all = new Samples();
  private double runMs;

  ScheduleContest(Network network, List<Kernel> kernels, long seed) {
    this.network = network;
    this.kernels = List.copyOf(kernels);
    this.random = new SplittableRandom(seed);
  }

  /**
   * Holds the contest.
   *
   * @param mostMs how long to measure, about, where there is time for it
   * @return empty where the deadline was over before the last runs were made
   */
  Optional<Outcome> hold(double mostMs, Deadline deadline) {
    double patienceMs = Math.min(mostMs, deadline.secondsLeft() * 1e3 * USED_OF_TIME_LEFT);
    List<Integer> defaults = kernels.stream().map(_ -> 0).toList();
    List<Integer> winners = kernels.stream().map(k -> Math.min(1, k.alternatives() - 1)).toList();
    runMs = Double.POSITIVE_INFINITY;
    for (int i = 0; i < WARMUP; i++) {
      for (List<Integer> choice : List.of(defaults, winners)) {
        if (deadline.isOver()) {
          return Optional.empty();
        }
        long begun = System.nanoTime();
        double callsMs = sum(network.run(spread(choice)));
        // Short kernels take less time than calling and timing them.
        runMs = Math.min(runMs, Math.max(callsMs, (System.nanoTime() - begun) / 1e6));
      }
    }
    List<Integer> mixed = pick(explore(patienceMs / 3, defaults, 1, deadline));
    List<Integer> refined = pick(explore(patienceMs / 3, mixed, EXCHANGED, deadline));
    SequencedSet<List<Integer>> finalists =
        new LinkedHashSet<>(List.of(defaults, refined, mixed, winners));
    return last(List.copyOf(finalists), winners, patienceMs / 3, deadline);
  }

  /** Runs in which one kernel in {@code exchanged} has a schedule at random. */
  private Samples explore(double patienceMs, List<Integer> base, int exchanged, Deadline deadline) {
    Samples samples = new Samples();
    int most = kernels.stream().mapToInt(Kernel::alternatives).max().orElse(1);
    int rounds =
        (int) Math.clamp(patienceMs / runMs, ROUNDS_PER_ALTERNATIVE * (long) most, MOST_ROUNDS);
    for (int round = 0; round < rounds && !deadline.isOver(); round++) {
      List<Integer> choice = new ArrayList<>(base);
      for (int k = 0; k < kernels.size(); k++) {
        if (random.nextInt(exchanged) == 0) {
          choice.set(k, random.nextInt(kernels.get(k).alternatives()));
        }
      }
      run(choice, samples);
    }
    return samples;
  }

  /** For each kernel the schedule that costs least; the default where none is clearly better. */
  private List<Integer> pick(Samples samples) {
    List<Integer> chosen = new ArrayList<>();
    for (Kernel kernel : kernels) {
      int best = 0;
      Samples.Cost least = samples.cost(kernel.calls(), 0);
      for (int a = 1; a < kernel.alternatives(); a++) {
        Samples.Cost cost = samples.cost(kernel.calls(), a);
        if (cost.isBelow(least, LEAST_GAIN)) {
          best = a;
          least = cost;
        }
      }
      chosen.add(best);
    }
    return chosen;
  }

  private Optional<Outcome> last(
      List<List<Integer>> finalists, List<Integer> winners, double patienceMs, Deadline deadline) {
    int rounds =
        (int) Math.clamp(patienceMs / runMs / finalists.size(), LEAST_FINAL_ROUNDS, MOST_ROUNDS);
    double[][] totals = new double[finalists.size()][rounds];
    int done = 0;
    while (done < rounds && round(finalists, totals, done, deadline)) {
      done++;
    }
    if (done < Math.min(rounds, LEAST_DECIDING_ROUNDS)) {
      return Optional.empty();
    }
    for (int f = 0; f < totals.length; f++) {
      totals[f] = Arrays.copyOf(totals[f], done);
    }
    int best = 0;
    double bestRatio = 1 - LEAST_GAIN;
    for (int f = 1; f < finalists.size(); f++) {
      double[] ratios = new double[done];
      for (int round = 0; round < done; round++) {
        // What disturbs the machine for a while disturbs a whole round.
        ratios[round] = totals[f][round] / totals[0][round];
      }
      double ratio = Samples.median(ratios);
      if (ratio < bestRatio && SignTest.isFaster(totals[f], totals[0])) {
        best = f;
        bestRatio = ratio;
      }
    }
    return Optional.of(
        new Outcome(
            finalists.get(best),
            Samples.median(totals[0]),
            Samples.median(totals[finalists.indexOf(winners)]),
            Samples.median(totals[best]),
            all));
  }

  /** Runs all once; false where the deadline was over before. */
  private boolean round(
      List<List<Integer>> finalists, double[][] totals, int round, Deadline deadline) {
    for (int f = 0; f < finalists.size(); f++) {
      if (deadline.isOver()) {
        return false;
      }
      totals[f][round] = run(finalists.get(f), all);
    }
    return true;
  }

  private double run(List<Integer> choice, Samples samples) {
    int[] alternatives = spread(choice);
    double[] times = network.run(alternatives);
    samples.add(alternatives, times);
    return sum(times);
  }

  /** The choice for every call. */
  private int[] spread(List<Integer> choice) {
    int[] alternatives = new int[network.calls()];
    for (int k = 0; k < kernels.size(); k++) {
      for (int call : kernels.get(k).calls()) {
        alternatives[call] = choice.get(k);
      }
    }
    return alternatives;
  }

  private static double sum(double[] times) {
    return Arrays.stream(times).sum();
  }
}
