package org.jtvmc.compiler.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Measures one or several contestants in turn (A B A B), so that whatever disturbs the machine
 * disturbs all alike. Each turn begins with runs that are not counted: in them the threads of the
 * contestant before, which wait for work by spinning for a while, fall asleep, and the contestant's
 * own data come back into the caches. So each is measured as it runs when it runs alone.
 */
public final class InterleavedBenchmark {

  /** Longer than ONNX Runtime's threads and ours spin after a run. */
  private static final long SETTLING_NANOS = 2_000_000;

  private final BenchmarkPlan plan;

  public InterleavedBenchmark(BenchmarkPlan plan) {
    this.plan = plan;
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
    for (int turn = 0; plan.goesOn(turn, System.nanoTime() - begin); turn++) {
      for (int i = 0; i < contestants.size(); i++) {
        Runnable contestant = contestants.get(i);
        if (!alone) {
          settle(contestant);
        }
        long start = System.nanoTime();
        contestant.run();
        samples.get(i).add(System.nanoTime() - start);
      }
    }
    return samples.stream().map(s -> LatencyStatistics.of(s.build().toArray())).toList();
  }

  private static void settle(Runnable contestant) {
    long begin = System.nanoTime();
    do {
      contestant.run();
    } while (System.nanoTime() - begin < SETTLING_NANOS);
  }
}
