package org.jtvmc.schedule.step;

import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;

/**
 * One decision of a schedule. Stages and axes are named by their stable ids, so that a step means
 * the same whatever other steps come before it. The decisions that a search may change are fields.
 */
public sealed interface Step
    permits Split,
        Fuse,
        Reorder,
        Inline,
        ComputeAt,
        CacheWrite,
        CacheRead,
        Rfactor,
        Pack,
        UseStrategy,
        SoftmaxAlong,
        Vectorize,
        Unroll,
        Parallel,
        Bind,
        SetScope,
        OrderStorage,
        Pipeline,
        JoinLaunch,
        AutoUnroll,
        Tensorize {

  /** The id of the stage that the step is about. */
  String stage();

  /**
   * The schedule's stages after this step; {@link Schedule#apply} also records the step.
   *
   * @throws ScheduleException where the step cannot be applied
   */
  Schedule applyTo(Schedule schedule);
}
