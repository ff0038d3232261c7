package org.jtvmc.compiler.pipeline;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.step.Step;

/** Where schedules better than the default come from: tuning records. */
@FunctionalInterface
public interface ScheduleSource {
  /** Knows none. */
  ScheduleSource NONE = (_, _) -> Optional.empty();

  /** The best steps known for the kernel on the target. */
  Optional<List<Step>> find(ComputeDag dag, Target target);
}
