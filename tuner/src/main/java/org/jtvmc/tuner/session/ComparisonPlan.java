package org.jtvmc.tuner.session;

import java.util.List;

/**
 * What the end of a session compares, by the trials so far: of each task some of the fastest by
 * themselves, and then some of all tasks in the whole network. A task of which only one schedule
 * was timed has nothing to compare.
 */
final class ComparisonPlan {
  private static final int FINALISTS = 3;

  /** Noise picks among many near the best: where it matters most, more of them are compared. */
  private static final int FINALISTS_OF_HEAVY = 8;

  /** Schedules of a task that are compared in the whole network, beside the default. */
  static final int CONTENDERS = 3;

  private static final double HEAVY_SHARE = 0.2;

  /** Those that are at most so many times as slow as the best are compared. */
  static final double FINALISTS_WITHIN = 1.1;

  /** Tasks with a smaller share of the model's time are not worth a comparison. */
  private static final double COMPARED_SHARE = 0.01;

  private final List<TaskTuning> tasks;
  private final boolean measures;
  private final boolean network;

  /**
   * @param measures whether anything can be compared at all
   * @param network whether the tasks are compared in the whole network, too
   */
  ComparisonPlan(List<TaskTuning> tasks, boolean measures, boolean network) {
    this.tasks = tasks;
    this.measures = measures;
    this.network = network;
  }

  int tasks() {
    return tasks.size();
  }

  /**
   * The time of a run of the whole model. Tasks that were not timed yet count as if they did as
   * many operations in a time as the others.
   */
  double modelMs() {
    double knownMs = 0;
    double knownFlops = 0;
    double flops = 0;
    for (TaskTuning state : tasks) {
      double weight = state.task().weight();
      flops += weight * state.task().flops();
      if (!Double.isInfinite(state.bestMs())) {
        knownMs += weight * state.bestMs();
        knownFlops += weight * state.task().flops();
      }
    }
    return knownFlops > 0 ? knownMs * flops / knownFlops : knownMs;
  }

  /**
   * How many of a task's fastest run in turn by themselves, beside the default; 0 where none do.
   *
   * @param heavyOnly whether those of other tasks meet in the whole network anyway
   */
  int finalists(TaskTuning state, boolean heavyOnly) {
    return finalists(state, heavyOnly, modelMs());
  }

  /** How many runs in turn by themselves there are of all tasks. */
  int allFinalists(boolean heavyOnly) {
    double modelMs = modelMs();
    int sum = 0;
    for (TaskTuning state : tasks) {
      int number = finalists(state, heavyOnly, modelMs);
      sum += number == 0 ? 0 : Math.min(number, state.timedWithin(FINALISTS_WITHIN)) + 1;
    }
    return sum;
  }

  private int finalists(TaskTuning state, boolean heavyOnly, double modelMs) {
    double share = state.bestMs() * state.task().weight() / modelMs;
    boolean heavy = share >= HEAVY_SHARE;
    if (!measures
        || state.sessionTrials() == 0
        || state.timed() < 2
        || share < COMPARED_SHARE
        || (heavyOnly && !heavy)
        || state.foreignBestMs() < state.bestMs() * FINALISTS_WITHIN) {
      return 0;
    }
    return heavy ? FINALISTS_OF_HEAVY : FINALISTS;
  }

  /**
   * How many schedules are built for comparing them in the whole network: the default of every
   * task, and {@code contenders} others of those that have so many; 0 where there is no comparison.
   */
  int schedules(int contenders) {
    if (!measures || !network) {
      return 0;
    }
    int others =
        tasks.stream()
            .filter(state -> state.sessionTrials() > 0)
            .mapToInt(state -> Math.clamp(state.timed() - 1, 0, contenders))
            .sum();
    return others == 0 ? 0 : tasks.size() + others;
  }
}
