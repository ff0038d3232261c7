package org.jtvmc.tuner.measure;

import java.util.List;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.task.TuningTask;

/** Measures candidates of a task. Tests replace it by a surface of known shape. */
public interface Measurer {

  /** The same with time for all of them. */
  default List<MeasureResult> measure(TuningTask task, List<Candidate> candidates, double bestMs) {
    return measure(task, candidates, bestMs, Deadline.NONE);
  }

  /**
   * Measures each candidate once, and machine code that was measured before not again.
   *
   * @param bestMs the best time known; infinite where there is none
   * @param deadline where it is over, the rest of the candidates is left out
   * @return in the order of {@code candidates}: of the first so many, of one at least
   * @throws MeasureException where the task itself cannot be measured
   */
  List<MeasureResult> measure(
      TuningTask task, List<Candidate> candidates, double bestMs, Deadline deadline);

  /** The same with time for all turns. */
  default List<MeasureResult> compare(TuningTask task, List<Candidate> candidates) {
    return compare(task, candidates, Deadline.NONE);
  }

  /**
   * Measures candidates again, in turn and for longer, so that noise is the same for all. One that
   * was slower in each turn than another in any may be left out of later turns: it has fewer times
   * then, and has lost.
   *
   * @param deadline where it is over, only so many candidates and turns count as were done by then
   * @return in the order of {@code candidates}, of the first so many: of each the least time of
   *     each turn; empty where not one turn was finished
   * @throws MeasureException where the task itself cannot be measured
   */
  List<MeasureResult> compare(TuningTask task, List<Candidate> candidates, Deadline deadline);

  /** The seconds that building one candidate takes, by those so far; 0 where none was built. */
  double secondsOfBuild();
}
