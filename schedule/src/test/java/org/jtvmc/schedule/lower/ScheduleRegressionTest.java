package org.jtvmc.schedule.lower;

import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.step.StepCodec;
import org.junit.jupiter.api.Test;

/** Schedules that were once lowered wrongly, as {@link RandomScheduleTest} prints them. */
class ScheduleRegressionTest {

  /** A part that is split unevenly oversteps into its neighbour, not beyond the end of the axis. */
  @Test
  void unevenSplitOfAnInnerPart() {
    check("dense", "[[\"split\",\"dense\",\"r0\",[4]],[\"split\",\"dense\",\"r0.1\",[3,5,3]]]");
  }

  @Test
  void copyReadThroughAnInlinedStage() {
    check(
        "gather",
        "[[\"cache_read\",\"doubled\",\"rows\",\"LOCAL\"],[\"inline\",\"doubled.read\"],"
            + "[\"compute_at\",\"rows\",\"sum\",\"r0\"]]");
  }

  private static void check(String workload, String steps) {
    var dag = Workloads.all().get(workload);
    new LoweredCheck(dag).check(Schedule.replay(dag, StepCodec.read(steps)));
  }
}
