package org.jtvmc.compiler.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterleavedBenchmarkTest {

  private final List<String> calls = new ArrayList<>();

  private List<LatencyStatistics> measure(BenchmarkPlan plan, String... names) {
    List<Runnable> contestants = new ArrayList<>();
    for (String name : names) {
      contestants.add(() -> calls.add(name));
    }
    return new InterleavedBenchmark(plan, Duration.ZERO).measure(contestants);
  }

  @Test
  void oneContestantRunsItsWarmupAndItsSamplesAndNoMore() {
    var statistics = measure(new BenchmarkPlan(3, 7, Duration.ZERO), "a");
    assertEquals(7, statistics.getFirst().samples());
    assertEquals(10, calls.size());
  }

  @Test
  void contestantsTakeTurnsThatBeginWithRunsWhichDoNotCount() {
    var statistics = measure(new BenchmarkPlan(0, 12, Duration.ZERO), "a", "b");
    assertEquals(List.of(12, 12), statistics.stream().map(LatencyStatistics::samples).toList());
    List<String> turns = new ArrayList<>();
    for (String call : calls) {
      if (turns.isEmpty() || !turns.getLast().equals(call)) {
        turns.add(call);
      }
    }
    assertEquals(List.of("a", "b", "a", "b", "a", "b"), turns, "12 samples, at most 5 a turn");
    assertTrue(calls.size() > 24, "some runs do not count");
  }

  @Test
  void eachSampleComesAfterAPauseThatIsNoPartOfIt() {
    Duration pause = Duration.ofMillis(20);
    List<Long> starts = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    Runnable run =
        () -> {
          starts.add(System.nanoTime());
          ends.add(System.nanoTime());
        };
    var statistics =
        new InterleavedBenchmark(new BenchmarkPlan(0, 4, Duration.ZERO, pause))
            .measure(List.of(run));
    assertEquals(4, statistics.getFirst().samples());
    for (int i = 1; i < starts.size(); i++) {
      assertTrue(starts.get(i) - ends.get(i - 1) >= pause.toNanos(), "run %d".formatted(i));
    }
    assertTrue(statistics.getFirst().min() < pause.toMillis(), "the pause is not counted");
  }
}
