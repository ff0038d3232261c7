package org.jtvmc.tuner.measure.worker;

import java.time.Duration;

/**
 * How long a worker may take.
 *
 * @param build to compile one candidate
 * @param run to run, check and time one candidate
 * @param prepare to compute the right outputs of a task
 * @param mainClass the class of the process
 */
public record WorkerOptions(Duration build, Duration run, Duration prepare, String mainClass) {

  /** Ansor's time-outs. */
  public static WorkerOptions standard() {
    return new WorkerOptions(
        Duration.ofSeconds(15),
        Duration.ofSeconds(10),
        Duration.ofSeconds(120),
        WorkerMain.class.getName());
  }

  /** The same with another limit for a run. */
  public WorkerOptions withRun(Duration limit) {
    return new WorkerOptions(build, limit, prepare, mainClass);
  }
}
