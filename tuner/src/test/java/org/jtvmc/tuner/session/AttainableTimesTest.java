package org.jtvmc.tuner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jtvmc.tuner.measure.Kernels;
import org.jtvmc.tuner.task.TuningTask;
import org.junit.jupiter.api.Test;

class AttainableTimesTest {
  private final StoppedClock clock = new StoppedClock();
  private final TuningTask first = new TuningTask(0, "dense", 1, Kernels.dense(8, 8, 8));
  private final TuningTask second = new TuningTask(1, "dense", 1, Kernels.dense(8, 8, 9));
  private int asked;

  /** Moves when it is told to. */
  private static final class StoppedClock extends Clock {
    private Instant now = Instant.EPOCH;

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private void pass(long millis) {
    clock.now = clock.now.plusMillis(millis);
  }

  /** Measuring a peak takes 400 ms. */
  private final Workbench workbench =
      new DelegatingWorkbench(new Surface()) {
        @Override
        public double attainableMs(TuningTask task) {
          asked++;
          pass(400);
          return 3;
        }
      };

  private AttainableTimes times(Optional<TimeBudget> budget) {
    ComparisonPlan nothing = new ComparisonPlan(List.of(), true, false);
    return new AttainableTimes(workbench, new TimePlan(clock, budget, nothing, () -> 0));
  }

  @Test
  void withoutABudgetEachIsMeasuredOnce() {
    AttainableTimes times = times(Optional.empty());
    assertEquals(3, times.ms(first));
    assertEquals(3, times.ms(first));
    assertEquals(3, times.ms(second));
    assertEquals(2, asked);
  }

  @Test
  void withABudgetASmallPartOfTheTimeIsSpentSo() {
    AttainableTimes times = times(Optional.of(TimeBudget.of(Duration.ofSeconds(60))));
    pass(9_000);
    assertEquals(0, times.ms(first));
    pass(2_000);
    assertEquals(3, times.ms(first));
    assertEquals(0, times.ms(second));
    assertEquals(3, times.ms(first));
    pass(6_000);
    assertEquals(3, times.ms(second));
    assertEquals(2, asked);
  }
}
