package org.jtvmc.schedule.space;

import org.jtvmc.schedule.Stage;

/**
 * One way to schedule a stage. Each rule of a target's list in turn goes over the stages that none
 * before it has scheduled, from the outputs to the inputs; where it applies it schedules the stage,
 * and with it whatever it computes inside of it. Stateless; a user's own is loaded by its class's
 * name ({@code tune --sketch-rule CLASS}) by a public constructor without parameters, and is tried
 * before the target's own.
 *
 * <p>A rule cannot make a program wrong: steps that do not fit throw a {@link
 * org.jtvmc.schedule.ScheduleException} that marks the loop, and the candidate is rejected.
 * Whatever could be otherwise is asked for with {@link SketchState#pick}, which names the decision,
 * the legal options, and the one an expert would take; that one makes the default schedule. The
 * name must not depend on earlier decisions, so that a decision of one candidate can be given to
 * another.
 */
public interface SketchRule {

  /**
   * Whether this rule schedules {@code stage}.
   *
   * @param state what the rules before it have done, and this one to the stages nearer to the
   *     outputs
   */
  boolean applies(SketchState state, Stage stage);

  /** Schedules {@code stage}: adds steps to {@code state}, asking it for every decision. */
  void apply(SketchState state, Stage stage);

  /** For logs and reports. */
  default String name() {
    return getClass().getSimpleName();
  }
}
