package org.jtvmc.compiler.pipeline;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.step.Step;

/** Where schedules better than the default come from. Asked by several threads at once. */
@FunctionalInterface
public interface ScheduleSource {
  /** Knows none. */
  ScheduleSource NONE = (_, _) -> Optional.empty();

  /**
   * A schedule.
   *
   * @param origin what it is known from
   */
  record Known(List<Step> steps, KernelBuild.Origin origin) {
    public Known {
      steps = List.copyOf(steps);
    }
  }

  /** The best schedule known for the kernel on the target. */
  Optional<Known> find(ComputeDag dag, Target target);

  /** This source, and {@code other} for what it does not know. */
  default ScheduleSource orElse(ScheduleSource other) {
    return (dag, target) -> find(dag, target).or(() -> other.find(dag, target));
  }
}
