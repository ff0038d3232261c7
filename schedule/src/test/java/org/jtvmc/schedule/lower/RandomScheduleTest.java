package org.jtvmc.schedule.lower;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.StepCodec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Whatever the steps, the lowered loops compute what the unscheduled expression does. A failure is
 * shrunk and printed as a test case for {@link ScheduleRegressionTest}. The seed is a system
 * property, {@code jtvmc.seed}; {@code jtvmc.schedules} is the number of schedules per workload.
 */
class RandomScheduleTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261122);
  private static final int SCHEDULES = Integer.getInteger("jtvmc.schedules", 60);

  @TestFactory
  Stream<DynamicTest> randomSchedulesComputeWhatTheUnscheduledExpressionDoes() {
    return tests(Workloads.all(), 0, SCHEDULES);
  }

  /** Sums are in another order, so the last places may differ. */
  @TestFactory
  Stream<DynamicTest> randomSchedulesOfOperatorsComputeWhatTheOperatorsDo() {
    return tests(OperatorWorkloads.all(), 1e-4, SCHEDULES / 3);
  }

  private static Stream<DynamicTest> tests(
      Map<String, ComputeDag> workloads, double tolerance, int schedules) {
    return workloads.entrySet().stream()
        .map(
            workload ->
                DynamicTest.dynamicTest(
                    workload.getKey() + ", seed " + SEED,
                    () -> checkMany(workload, tolerance, schedules)));
  }

  private static void checkMany(
      Map.Entry<String, ComputeDag> workload, double tolerance, int schedules) {
    ComputeDag dag = workload.getValue();
    LoweredCheck check = new LoweredCheck(dag, tolerance);
    for (int i = 0; i < schedules; i++) {
      Random random = new Random(SEED * 31 + i);
      Schedule schedule = new RandomSteps(random).schedule(dag, 4 + random.nextInt(40));
      Optional<Throwable> failure = failure(check, schedule);
      if (failure.isPresent()) {
        List<Step> steps = shrink(dag, check, schedule.steps());
        fail(report(workload.getKey(), dag, check, steps, i), failure.get());
      }
    }
  }

  private static Optional<Throwable> failure(LoweredCheck check, Schedule schedule) {
    try {
      check.check(schedule);
      return Optional.empty();
    } catch (ScheduleException refused) {
      return Optional.empty();
    } catch (RuntimeException | AssertionError wrong) {
      return Optional.of(wrong);
    }
  }

  /** The failing steps without any that the failure does not need. */
  private static List<Step> shrink(ComputeDag dag, LoweredCheck check, List<Step> failing) {
    List<Step> steps = failing;
    boolean smaller = true;
    while (smaller) {
      smaller = false;
      for (int i = steps.size() - 1; i >= 0; i--) {
        List<Step> fewer = new ArrayList<>(steps);
        fewer.remove(i);
        if (fails(dag, check, fewer)) {
          steps = fewer;
          smaller = true;
        }
      }
    }
    return steps;
  }

  private static boolean fails(ComputeDag dag, LoweredCheck check, List<Step> steps) {
    try {
      return failure(check, Schedule.replay(dag, steps)).isPresent();
    } catch (ScheduleException refused) {
      return false;
    }
  }

  private static String report(
      String name, ComputeDag dag, LoweredCheck check, List<Step> steps, int index) {
    Schedule schedule = Schedule.replay(dag, steps);
    String loops;
    try {
      loops = Lowering.lower(schedule, "kernel").func().toString();
    } catch (RuntimeException broken) {
      loops = broken.toString();
    }
    return """
    schedule %d of seed %d computes something else: %s
    %s
      @Test
      void %sSchedule%d() {
        check("%s", "%s");
      }
    """
        .formatted(
            index,
            SEED,
            failure(check, schedule).map(Throwable::toString).orElse(""),
            loops,
            name,
            index,
            name,
            StepCodec.write(steps).replace("\"", "\\\""));
  }
}
