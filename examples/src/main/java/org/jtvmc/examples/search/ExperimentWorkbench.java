package org.jtvmc.examples.search;

import org.jtvmc.tuner.search.Appraisal;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.session.DelegatingWorkbench;
import org.jtvmc.tuner.session.Workbench;
import org.jtvmc.tuner.task.TuningTask;

/**
 * A workbench on which no task ends before its trials do, so that searches are compared after the
 * same number.
 */
final class ExperimentWorkbench extends DelegatingWorkbench {
  private final boolean draft;

  /**
   * @param draft whether the draft model says anything about candidates
   */
  ExperimentWorkbench(Workbench workbench, boolean draft) {
    super(workbench);
    this.draft = draft;
  }

  @Override
  public Appraiser appraiser(TuningTask task) {
    Appraiser appraiser = super.appraiser(task);
    return draft
        ? appraiser
        : candidate ->
            appraiser
                .appraise(candidate)
                .map(
                    known ->
                        new Appraisal(known.features(), Double.POSITIVE_INFINITY, known.loops()));
  }

  /** Nothing is known, so that no task counts as near its bound. */
  @Override
  public double attainableMs(TuningTask task) {
    return 0;
  }
}
