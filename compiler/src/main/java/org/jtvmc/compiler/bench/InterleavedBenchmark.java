package org.jtvmc.compiler.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Measures one or several contestants in turn (A B A B), so that whatever disturbs the machine
 * disturbs all alike. Each turn begins with a run that is not counted: it brings the contestant's
 * data back into the caches, and in it the threads of the contestant before fall asleep.
 */
public final class InterleavedBenchmark {

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
          contestant.run();
        }
        long start = System.nanoTime();
        contestant.run();
        samples.get(i).add(System.nanoTime() - start);
      }
    }
    return samples.stream().map(s -> LatencyStatistics.of(s.build().toArray())).toList();
  }
}
