package org.jtvmc.schedule.space;

import org.jtvmc.schedule.Stage;

/**
 * One way to schedule a stage. Each rule of a target's list in turn goes over the stages that none
 * before it has scheduled, from the outputs to the inputs; where it applies it schedules the stage,
 * and with it whatever it computes inside of it. Stateless; a user's own is loaded by its class's
 * name.
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
