package org.jtvmc.tuner.measure;

import java.util.List;
import org.jtvmc.tuner.record.Conditions;
import org.jtvmc.tuner.record.RecordStatus;

/**
 * How the measurement of a candidate ended.
 *
 * @param timesMs of one run for each repetition; empty unless ok and measured
 * @param error one sentence; empty where ok
 * @param conditions whether anything was measured
 * @param repeated true where an earlier candidate had come to the same machine code: this is its
 *     result, and nothing was run
 */
public record MeasureResult(
    RecordStatus status,
    List<Double> timesMs,
    String error,
    Conditions conditions,
    boolean repeated) {

  public MeasureResult {
    timesMs = List.copyOf(timesMs);
  }

  public static MeasureResult ok(List<Double> timesMs) {
    return ok(timesMs, Conditions.MEASURED);
  }

  public static MeasureResult ok(List<Double> timesMs, Conditions conditions) {
    return new MeasureResult(RecordStatus.OK, timesMs, "", conditions, false);
  }

  /** Of a candidate that can be built, where nothing can be run. */
  public static MeasureResult estimated(double ms) {
    return new MeasureResult(RecordStatus.OK, List.of(), "", Conditions.estimated(ms), false);
  }

  public static MeasureResult failed(RecordStatus status, String error) {
    return new MeasureResult(status, List.of(), error, Conditions.MEASURED, false);
  }

  /** The same for another candidate that comes to the same machine code. */
  public MeasureResult again() {
    return new MeasureResult(status, timesMs, error, conditions, true);
  }

  /** The shortest time; infinite where it failed. */
  public double bestMs() {
    return timesMs.stream().mapToDouble(Double::doubleValue).min().orElse(Double.POSITIVE_INFINITY);
  }

  /** The time in the middle; infinite where it failed. */
  public double medianMs() {
    List<Double> sorted = timesMs.stream().sorted().toList();
    return sorted.isEmpty() ? Double.POSITIVE_INFINITY : sorted.get(sorted.size() / 2);
  }

  /** What a search goes by: the shortest time, or the estimate where nothing was measured. */
  public double searchMs() {
    return conditions.estimatedMs().orElseGet(this::bestMs);
  }
}
