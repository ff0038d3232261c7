package org.jtvmc.tuner.session;

import java.time.Duration;
import java.util.List;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.MeasureResult;
import org.jtvmc.tuner.measure.Measurer;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.CandidateSpace;
import org.jtvmc.tuner.task.TuningTask;

/**
 * What a session tunes with. Tests put a synthetic space and a surface of known shape in its place.
 */
public interface Workbench extends AutoCloseable {

  /** The schedules of a task. */
  CandidateSpace space(TuningTask task);

  /** Looks at the candidates of a task. */
  Appraiser appraiser(TuningTask task);

  /** How many candidates of a task were rejected before they were built. */
  int rejected(TuningTask task);

  Measurer measurer();

  /** False where nothing can be run, and what {@link #measurer} gives are estimates. */
  default boolean measures() {
    return true;
  }

  /**
   * The time in milliseconds that no schedule of a task can beat, by the peaks that this machine
   * was measured at; 0 where nothing is known.
   */
  default double attainableMs(TuningTask task) {
    return 0;
  }

  /**
   * The schedules of a task that may turn out to be the best where they are used.
   *
   * @param candidates the first is the default schedule, the second the fastest by itself
   */
  record Finalists(TuningTask task, List<Candidate> candidates) {
    public Finalists {
      candidates = List.copyOf(candidates);
    }
  }

  /** The schedule that a task is to have, and its times where it is used. */
  record Choice(TuningTask task, Candidate candidate, MeasureResult result) {}

  /** Whether the tasks are also compared in what they belong to, with {@link #together}. */
  default boolean runsTogether() {
    return false;
  }

  /**
   * Chooses among schedules where the tasks run together: a kernel that is fast by itself may find
   * its operands in another place there, or leave its result in one.
   *
   * @param finalists of each task that has several
   * @param patience how long to measure, about
   * @param deadline where it is over before all is measured, nothing is chosen
   * @return empty where there is nothing in which they run together, or no time for it
   */
  default List<Choice> together(List<Finalists> finalists, Duration patience, Deadline deadline) {
    return List.of();
  }

  @Override
  void close();
}
