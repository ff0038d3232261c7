package org.jtvmc.tuner.search;

import java.util.List;
import java.util.Map;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.StepCodec;

/**
 * One point of a design space: a complete schedule, and the decisions that led to it. Equal where
 * the schedules are: different decisions may come to the same.
 */
public final class Candidate {
  private final List<Step> steps;
  private final Map<String, String> decisions;
  private final String text;

  /**
   * A candidate.
   *
   * @param decisions by name, from which the space makes it again
   */
  public Candidate(List<Step> steps, Map<String, String> decisions) {
    this.steps = List.copyOf(steps);
    this.decisions = Map.copyOf(decisions);
    this.text = StepCodec.write(this.steps);
  }

  public List<Step> steps() {
    return steps;
  }

  public Map<String, String> decisions() {
    return decisions;
  }

  /** The steps in their canonical JSON form. */
  public String text() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Candidate candidate && text.equals(candidate.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
