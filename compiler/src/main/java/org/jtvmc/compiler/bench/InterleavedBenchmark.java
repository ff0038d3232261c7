package org.jtvmc.compiler.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/**
 * Measures one or several contestants in turn (A B A B), so that whatever disturbs the machine
 * disturbs all alike. A turn begins with a pause, in which the threads of the contestant before,
 * which wait for work by spinning, fall asleep; then come runs that are not counted, which bring
 * this contestant's threads and data back; then a few that count. So each is measured as it runs
 * when it runs alone.
 */
public final class InterleavedBenchmark {

  /**
   * Longer than ONNX Runtime's threads spin after a run, which they do for tens of milliseconds.
   */
  private static final Duration TURN_PAUSE = Duration.ofMillis(50);

  private static final Duration SETTLING = Duration.ofMillis(5);
  private static final int SETTLING_RUNS = 2;
  private static final int SAMPLES_PER_TURN = 5;

  private final BenchmarkPlan plan;
  private final Duration turnPause;

  public InterleavedBenchmark(BenchmarkPlan plan) {
    this(plan, TURN_PAUSE);
  }

  InterleavedBenchmark(BenchmarkPlan plan, Duration turnPause) {
    this.plan = plan;
    this.turnPause = turnPause;
  }

  /** The statistics of each contestant; a contestant is run by calling it. */
  public List<LatencyStatistics> measure(List<Runnable> contestants) {
    for (Runnable contestant : contestants) {
      for (int i = 0; i < plan.warmup(); i++) {
        contestant.run();
      }
    }
    boolean alone = contestants.size() == 1;
    List<LongStream.Builder> samples = new ArrayList<>();
    contestants.forEach(_ -> samples.add(LongStream.builder()));
    long begin = System.nanoTime();
    for (int taken = 0; plan.goesOn(taken, System.nanoTime() - begin); ) {
      int turn = Math.clamp(plan.iterations() - taken, 1, SAMPLES_PER_TURN);
      for (int i = 0; i < contestants.size(); i++) {
        if (!alone) {
          rest(turnPause);
          settle(contestants.get(i));
        }
        for (int sample = 0; sample < turn; sample++) {
          rest(plan.pause());
          samples.get(i).add(time(contestants.get(i)));
        }
      }
      taken += turn;
    }
    return samples.stream().map(s -> LatencyStatistics.of(s.build().toArray())).toList();
  }

  private static long time(Runnable contestant) {
    long start = System.nanoTime();
    contestant.run();
    return System.nanoTime() - start;
  }

  private static void rest(Duration pause) {
    long end = System.nanoTime() + pause.toNanos();
    for (long left = pause.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static void settle(Runnable contestant) {
    long begin = System.nanoTime();
    for (int runs = 0;
        runs < SETTLING_RUNS || System.nanoTime() - begin < SETTLING.toNanos();
        runs++) {
      contestant.run();
    }
  }
}
