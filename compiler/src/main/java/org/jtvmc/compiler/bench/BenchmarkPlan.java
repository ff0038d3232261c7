package org.jtvmc.compiler.bench;

import java.time.Duration;

/**
 * How long to measure: until there are enough samples and enough time has passed.
 *
 * @param warmup runs before the first sample
 * @param iterations the fewest samples
 * @param duration the shortest time
 */
public record BenchmarkPlan(int warmup, int iterations, Duration duration) {

  boolean goesOn(int samples, long elapsedNanos) {
    return samples < iterations || elapsedNanos < duration.toNanos();
  }
}
