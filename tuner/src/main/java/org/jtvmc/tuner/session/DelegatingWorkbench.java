package org.jtvmc.tuner.session;

import java.time.Duration;
import java.util.List;
import org.jtvmc.tuner.measure.Deadline;
import org.jtvmc.tuner.measure.Measurer;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.search.CandidateSpace;
import org.jtvmc.tuner.task.TuningTask;

/** A workbench that changes something about another one, and leaves the rest to it. */
public abstract class DelegatingWorkbench implements Workbench {
  private final Workbench delegate;

  /**
   * @param delegate closed with this
   */
  protected DelegatingWorkbench(Workbench delegate) {
    this.delegate = delegate;
  }

  @Override
  public CandidateSpace space(TuningTask task) {
    return delegate.space(task);
  }

  @Override
  public Appraiser appraiser(TuningTask task) {
    return delegate.appraiser(task);
  }

  @Override
  public int rejected(TuningTask task) {
    return delegate.rejected(task);
  }

  @Override
  public Measurer measurer() {
    return delegate.measurer();
  }

  @Override
  public boolean measures() {
    return delegate.measures();
  }

  @Override
  public double attainableMs(TuningTask task) {
    return delegate.attainableMs(task);
  }

  @Override
  public boolean runsTogether() {
    return delegate.runsTogether();
  }

  @Override
  public List<Choice> together(List<Finalists> finalists, Duration patience, Deadline deadline) {
    return delegate.together(finalists, patience, deadline);
  }

  @Override
  public void close() {
    delegate.close();
  }
}
