package org.jtvmc.examples.search;

import org.jtvmc.tuner.measure.Measurer;
import org.jtvmc.tuner.search.Appraisal;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.search.CandidateSpace;
import org.jtvmc.tuner.session.Workbench;
import org.jtvmc.tuner.task.TuningTask;

/**
 * A workbench on which no task ends before its trials do, so that searches are compared after the
 * same number.
 *
 * @param draft whether the draft model says anything about candidates
 */
record ExperimentWorkbench(Workbench workbench, boolean draft) implements Workbench {

  @Override
  public Appraiser appraiser(TuningTask task) {
    Appraiser appraiser = workbench.appraiser(task);
    return draft
        ? appraiser
        : candidate ->
            appraiser
                .appraise(candidate)
                .map(
                    known ->
                        new Appraisal(known.features(), Double.POSITIVE_INFINITY, known.loops()));
  }

  @Override
  public CandidateSpace space(TuningTask task) {
    return workbench.space(task);
  }

  @Override
  public int rejected(TuningTask task) {
    return workbench.rejected(task);
  }

  @Override
  public Measurer measurer() {
    return workbench.measurer();
  }

  @Override
  public boolean measures() {
    return workbench.measures();
  }

  @Override
  public void close() {
    workbench.close();
  }
}
