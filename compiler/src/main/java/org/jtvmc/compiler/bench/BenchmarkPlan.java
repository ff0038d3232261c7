package org.jtvmc.compiler.bench;

import java.time.Duration;

/**
 * How long to measure: until there are enough samples and enough time has passed.
 *
 * @param warmup runs before the first sample
 * @param iterations the fewest samples
 * @param duration the shortest time
 * @param pause before each sample, as between the requests of a service; not part of any
 */
public record BenchmarkPlan(int warmup, int iterations, Duration duration, Duration pause) {

  /** Samples one right after the other. */
  public BenchmarkPlan(int warmup, int iterations, Duration duration) {
    this(warmup, iterations, duration, Duration.ZERO);
  }

  boolean goesOn(int samples, long elapsedNanos) {
    return samples < iterations || elapsedNanos < duration.toNanos();
  }
}
