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
  private final Optional<Point> point;
  private final int hash;

  /**
   * What a space made, so that nobody has to make it again.
   *
   * @param dag the kernel of the space; that of the schedule may be another strategy's
   */
  private record Point(ComputeDag dag, org.jtvmc.schedule.space.Candidate made) {}

  /**
   * A candidate.
   *
   * @param decisions by name, from which the space makes it again
   */
  public Candidate(List<Step> steps, Map<String, String> decisions) {
    this(steps, decisions, Optional.empty());
  }

  /** The candidate that a space of {@code dag} made. */
  Candidate(ComputeDag dag, org.jtvmc.schedule.space.Candidate made) {
    this(made.steps(), made.values(), Optional.of(new Point(dag, made)));
  }

  private Candidate(List<Step> steps, Map<String, String> decisions, Optional<Point> point) {
    this.steps = List.copyOf(steps);
    this.decisions = Map.copyOf(decisions);
    this.point = point;
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
    return pointOf(dag)
        .map(org.jtvmc.schedule.space.Candidate::schedule)
        .orElseGet(() -> Schedule.replay(dag, steps));
  }

  /** What a space of {@code dag} made; empty where this candidate is not from one. */
  Optional<org.jtvmc.schedule.space.Candidate> pointOf(ComputeDag dag) {
    return point.filter(known -> known.dag == dag).map(Point::made);
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
