package org.jtvmc.tuner.session;

import org.jtvmc.tuner.measure.Measurer;
import org.jtvmc.tuner.search.Appraiser;
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

  @Override
  void close();
}
