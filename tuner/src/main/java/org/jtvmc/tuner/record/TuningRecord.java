package org.jtvmc.tuner.record;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One candidate that was measured or, where there was no device, estimated.
 *
 * @param key the workload and the machine
 * @param task the task's name, for people
 * @param steps the schedule's steps as a JSON array in canonical form: equal schedules have equal
 *     texts
 * @param decisions the decisions behind the steps, by name, from which a search goes on; empty
 *     where they are not known
 * @param timesMs the time of one run for each repetition, in milliseconds; empty unless ok
 * @param error what went wrong, in one sentence; empty where ok
 * @param seed the session's seed
 * @param at when it was measured
 * @param compiler the version that built it
 * @param confirmed true for the winner of a final comparison, in which the best candidates were
 *     measured again in turn: it supersedes every earlier record of its key
 * @param conditions whether anything was measured, and how
 */
public record TuningRecord(
    RecordKey key,
    String task,
    String steps,
    Map<String, String> decisions,
    List<Double> timesMs,
    RecordStatus status,
    String error,
    long seed,
    Instant at,
    String compiler,
    boolean confirmed,
    Conditions conditions) {

  /** The version of the line format. */
  public static final int FORMAT = 1;

  public TuningRecord {
    decisions = Map.copyOf(decisions);
    timesMs = List.copyOf(timesMs);
    if (status == RecordStatus.OK && conditions.measured() && timesMs.isEmpty()) {
      throw new IllegalArgumentException("a measured candidate has at least one time");
    }
    for (double time : timesMs) {
      if (!(time > 0) || Double.isInfinite(time)) {
        throw new IllegalArgumentException("a time must be a positive number, not " + time);
      }
    }
  }

  /** A record of a measurement of which nothing more is known. */
  public TuningRecord(
      RecordKey key,
      String task,
      String steps,
      Map<String, String> decisions,
      List<Double> timesMs,
      RecordStatus status,
      String error,
      long seed,
      Instant at,
      String compiler,
      boolean confirmed) {
    this(
        key,
        task,
        steps,
        decisions,
        timesMs,
        status,
        error,
        seed,
        at,
        compiler,
        confirmed,
        Conditions.MEASURED);
  }

  public boolean ok() {
    return status == RecordStatus.OK;
  }

  /**
   * The shortest time in milliseconds: noise only ever adds. Infinite where the candidate failed.
   */
  public double bestMs() {
    return timesMs.stream().mapToDouble(Double::doubleValue).min().orElse(Double.POSITIVE_INFINITY);
  }

  /** The median time in milliseconds, infinite where the candidate failed. */
  public double medianMs() {
    if (timesMs.isEmpty()) {
      return Double.POSITIVE_INFINITY;
    }
    double[] sorted = timesMs.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
