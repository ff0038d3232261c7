package org.jtvmc.tuner.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jtvmc.tuner.record.RecordStatus;
import org.jtvmc.tuner.search.Appraisal;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.task.TuningTask;

/**
 * For a target whose device is elsewhere: builds candidates, so that what cannot be compiled is
 * sorted out, and ranks them by the draft model's estimate. It says of every result that nothing
 * was measured.
 */
public final class EstimatingMeasurer implements Measurer {
  private final Builder builder;
  private final Function<TuningTask, Appraiser> appraisers;

  public EstimatingMeasurer(Builder builder, Function<TuningTask, Appraiser> appraisers) {
    this.builder = builder;
    this.appraisers = appraisers;
  }

  @Override
  public List<MeasureResult> measure(
      TuningTask task, List<Candidate> candidates, double bestMs, Deadline deadline) {
    List<BuildOutcome> outcomes =
        builder.build(LoweringMeasurer.sources(task, candidates), deadline);
    List<MeasureResult> results = new ArrayList<>();
    for (int k = 0; k < outcomes.size(); k++) {
      Candidate candidate = candidates.get(k);
      results.add(
          switch (outcomes.get(k)) {
            case BuildOutcome.Failed(var status, var error) -> MeasureResult.failed(status, error);
            case BuildOutcome.Built _ -> estimate(task, candidate);
          });
    }
    return results;
  }

  private MeasureResult estimate(TuningTask task, Candidate candidate) {
    return appraisers
        .apply(task)
        .appraise(candidate)
        .map(Appraisal::draftMs)
        .filter(Double::isFinite)
        .map(MeasureResult::estimated)
        .orElseGet(
            () -> MeasureResult.failed(RecordStatus.BUILD, "the model has no estimate of it"));
  }

  /** There is nothing to compare: equal candidates have equal estimates. */
  @Override
  public List<MeasureResult> compare(
      TuningTask task, List<Candidate> candidates, Deadline deadline) {
    return measure(task, candidates, Double.POSITIVE_INFINITY, deadline);
  }

  /** Nothing is built at the end of a session that only estimates. */
  @Override
  public double secondsOfBuild() {
    return 0;
  }
}
