package org.jtvmc.schedule.lower;

import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.step.StepCodec;
import org.junit.jupiter.api.Test;

/** Schedules that were once lowered wrongly, as {@link RandomScheduleTest} prints them. */
class ScheduleRegressionTest {

  private static void check(String workload, String steps) {
    var dag = Workloads.all().get(workload);
    new LoweredCheck(dag).check(Schedule.replay(dag, StepCodec.read(steps)));
  }
}
