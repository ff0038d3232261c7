package org.jtvmc.tuner.task;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Gives the next trials to the task where the whole network gains most (Ansor, section 6): first a
 * round to each, those that do most first, for time may end before the last; then the steepest
 * descent of {@code sum of weight x time}, estimated from what the task gained lately, from what it
 * may still gain at best, and from how fast similar tasks are.
 */
public final class TaskScheduler {
  /** The trust in the past against the prospects. */
  private static final double BACKWARD = 0.2;

  /** How much better than its like a task may become. */
  private static final double BEST_OF_SIMILAR = 2;

  private static final int WINDOW = 3;

  /** Rounds that a task gets in which nothing works. */
  private static final int PATIENCE = 4;

  /** Tasks are similar where their operations differ by less than this factor, about. */
  private static final double SIZE_CLASS = 1.618;

  /**
   * What the scheduler knows of a task from the start.
   *
   * @param kind equal for tasks of the same operators
   * @param weight how often the network runs it
   */
  public record Load(String kind, double weight, double flops) {
    public Load {
      flops = Math.max(flops, 1);
    }

    private double total() {
      return weight * flops;
    }

    private long sizeClass() {
      return Math.round(Math.log(flops) / Math.log(SIZE_CLASS));
    }

    private boolean similar(Load other) {
      return kind.equals(other.kind) && sizeClass() == other.sizeClass();
    }
  }

  private static final class State {
    private final Load load;

    /** The best time after each round. */
    private final List<Double> history = new ArrayList<>();

    private boolean done;

    State(Load load) {
      this.load = load;
    }

    double best() {
      return history.isEmpty() ? Double.POSITIVE_INFINITY : history.getLast();
    }
  }

  private final List<State> tasks;

  public TaskScheduler(List<Load> loads) {
    this.tasks = loads.stream().map(State::new).toList();
  }

  /** The task that the next round goes to; empty where all are done. */
  public OptionalInt next() {
    OptionalInt untried = heaviestUntried();
    if (untried.isPresent()) {
      return untried;
    }
    int chosen = -1;
    double steepest = Double.POSITIVE_INFINITY;
    for (int k = 0; k < tasks.size(); k++) {
      State task = tasks.get(k);
      if (task.done) {
        continue;
      }
      double gradient = gradient(task);
      if (chosen < 0 || gradient < steepest) {
        chosen = k;
        steepest = gradient;
      }
    }
    return chosen < 0 ? OptionalInt.empty() : OptionalInt.of(chosen);
  }

  private OptionalInt heaviestUntried() {
    return IntStream.range(0, tasks.size())
        .filter(k -> tasks.get(k).history.isEmpty() && !tasks.get(k).done)
        .boxed()
        .max(
            Comparator.comparingDouble((Integer k) -> tasks.get(k).load.total())
                .thenComparing(Comparator.reverseOrder()))
        .map(OptionalInt::of)
        .orElseGet(OptionalInt::empty);
  }

  /**
   * Takes in the outcome of a round.
   *
   * @param bestMs the task's best time so far; infinite where nothing worked yet
   */
  public void update(int task, double bestMs) {
    tasks.get(task).history.add(bestMs);
  }

  /** The task gets no more rounds. */
  public void finish(int task) {
    tasks.get(task).done = true;
  }

  /** The estimated change of the network's time by one more round, in milliseconds. */
  private double gradient(State task) {
    double best = task.best();
    int rounds = task.history.size();
    if (Double.isInfinite(best)) {
      // Nothing worked yet: worth some rounds, but not all of them.
      return rounds < PATIENCE ? Double.NEGATIVE_INFINITY : 0;
    }
    double backward = 0;
    if (rounds > WINDOW && !Double.isInfinite(task.history.get(rounds - 1 - WINDOW))) {
      backward = (best - task.history.get(rounds - 1 - WINDOW)) / WINDOW;
    }
    double optimistic = best - best / rounds;
    double bySimilar = BEST_OF_SIMILAR * task.load.flops() / speedOfSimilar(task);
    double forward = Math.min(optimistic, bySimilar) - best;
    return task.load.weight() * (BACKWARD * backward + (1 - BACKWARD) * forward);
  }

  /** The best speed among tasks like this one, in operations per millisecond. */
  private double speedOfSimilar(State task) {
    double speed = 0;
    for (State other : tasks) {
      if (other.load.similar(task.load) && !Double.isInfinite(other.best())) {
        speed = Math.max(speed, other.load.flops() / other.best());
      }
    }
    return speed;
  }
}
