package org.jtvmc.tuner.session;

import java.time.Duration;
import java.util.List;

/**
 * What a session came to.
 *
 * @param trials measured in this session
 * @param interrupted true where it was stopped from outside
 */
public record TuningReport(
    long seed, Duration elapsed, int trials, boolean interrupted, List<TaskReport> tasks) {

  public TuningReport {
    tasks = List.copyOf(tasks);
  }

  public double trialsPerSecond() {
    return elapsed.isZero() ? 0 : trials / (elapsed.toNanos() / 1e9);
  }
}
