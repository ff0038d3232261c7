package org.jtvmc.tuner.measure;

import java.util.List;
import org.jtvmc.tuner.record.RecordStatus;

/**
 * How the measurement of a candidate ended.
 *
 * @param timesMs of one run for each repetition; empty unless ok
 * @param error one sentence; empty where ok
 */
public record MeasureResult(RecordStatus status, List<Double> timesMs, String error) {

  public MeasureResult {
    timesMs = List.copyOf(timesMs);
  }

  public static MeasureResult ok(List<Double> timesMs) {
    return new MeasureResult(RecordStatus.OK, timesMs, "");
  }

  public static MeasureResult failed(RecordStatus status, String error) {
    return new MeasureResult(status, List.of(), error);
  }

  /** The shortest time; infinite where it failed. */
  public double bestMs() {
    return timesMs.stream().mapToDouble(Double::doubleValue).min().orElse(Double.POSITIVE_INFINITY);
  }
}
