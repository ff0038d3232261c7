package org.jtvmc.tuner.measure;

import java.util.List;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.task.TuningTask;

/** Measures candidates of a task. Tests replace it by a surface of known shape. */
public interface Measurer {

  /**
   * Measures each candidate once, and machine code that was measured before not again.
   *
   * @param bestMs the best time known; infinite where there is none
   * @return in the order of {@code candidates}
   * @throws MeasureException where the task itself cannot be measured
   */
  List<MeasureResult> measure(TuningTask task, List<Candidate> candidates, double bestMs);

  /**
   * Measures candidates again, in turn and for longer, so that noise is the same for all.
   *
   * @return in the order of {@code candidates}; of each the least time of each turn
   * @throws MeasureException where the task itself cannot be measured
   */
  List<MeasureResult> compare(TuningTask task, List<Candidate> candidates);
}
