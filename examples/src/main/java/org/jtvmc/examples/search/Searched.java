package org.jtvmc.examples.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jtvmc.tuner.search.Candidate;

/**
 * A run whose schedules are still known.
 *
 * @param best what was the fastest after each trial; empty where none worked yet
 */
record Searched(Run run, List<Optional<Candidate>> best) {

  Searched {
    best = List.copyOf(best);
  }

  /** The fastest after {@code count} trials, or after all where the session ended before. */
  Optional<Candidate> bestAfter(int count) {
    return best.isEmpty() ? Optional.empty() : best.get(last(count));
  }

  /**
   * The run, with what its best schedules came to when all were measured in turn.
   *
   * @param counts after how many trials they are compared
   */
  Run compared(List<Integer> counts, Map<Candidate, Double> gflops) {
    List<Run.Trial> trials = new ArrayList<>(run.trials());
    for (int count : counts) {
      bestAfter(count)
          .map(gflops::get)
          .ifPresent(
              speed -> {
                Run.Trial trial = trials.get(last(count));
                trials.set(
                    last(count),
                    new Run.Trial(trial.seconds(), trial.bestGflops(), OptionalDouble.of(speed)));
              });
    }
    return new Run(run.workload(), run.variant(), run.seed(), trials);
  }

  private int last(int count) {
    return Math.min(count, best.size()) - 1;
  }
}
