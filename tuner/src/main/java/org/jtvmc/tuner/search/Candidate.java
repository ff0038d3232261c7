package org.jtvmc.tuner.search;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.StepCodec;

/**
 * One point of a design space: a complete schedule, and the decisions that led to it. Equal where
 * the schedules are: different decisions may come to the same.
 */
public final class Candidate {
  private final List<Step> steps;
  private final Map<String, String> decisions;
  private final Optional<Schedule> schedule;
  private final int hash;

  /**
   * A candidate.
   *
   * @param decisions by name, from which the space makes it again
   */
  public Candidate(List<Step> steps, Map<String, String> decisions) {
    this(steps, decisions, Optional.empty());
  }

  /** A candidate whose steps have been applied already, so that nobody has to do so again. */
  Candidate(Schedule schedule, Map<String, String> decisions) {
    this(schedule.steps(), decisions, Optional.of(schedule));
  }

  private Candidate(List<Step> steps, Map<String, String> decisions, Optional<Schedule> schedule) {
    this.steps = List.copyOf(steps);
    this.decisions = Map.copyOf(decisions);
    this.schedule = schedule;
    this.hash = this.steps.hashCode();
  }

  public List<Step> steps() {
    return steps;
  }

  public Map<String, String> decisions() {
    return decisions;
  }

  /**
   * The schedule of {@code dag} that the steps lead to.
   *
   * @throws ScheduleException where they do not apply to it
   */
  public Schedule schedule(ComputeDag dag) {
    return schedule
        .filter(known -> known.dag() == dag)
        .orElseGet(() -> Schedule.replay(dag, steps));
  }

  /** The steps in their canonical JSON form. */
  public String text() {
    return StepCodec.write(steps);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Candidate candidate
        && hash == candidate.hash
        && steps.equals(candidate.steps);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return text();
  }
}
