package org.jtvmc.tuner.record;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Records for tests. */
final class Records {
  static final RecordKey KEY =
      new RecordKey("cafe", new RecordTarget("llvm", "znver5", List.of("avx2", "avx512f"), 2));

  private Records() {}

  static TuningRecord ok(int schedule, double ms) {
    return record(schedule, List.of(ms, ms * 1.1), RecordStatus.OK, "", false);
  }

  static TuningRecord confirmed(int schedule, double ms) {
    return record(schedule, List.of(ms), RecordStatus.OK, "", true);
  }

  static TuningRecord under(Conditions conditions, List<Double> times) {
    TuningRecord plain = record(4, List.of(1.0), RecordStatus.OK, "", false);
    return new TuningRecord(
        KEY,
        plain.task(),
        plain.steps(),
        plain.decisions(),
        times,
        RecordStatus.OK,
        "",
        plain.seed(),
        plain.at(),
        plain.compiler(),
        false,
        conditions);
  }

  static TuningRecord record(
      int schedule, List<Double> times, RecordStatus status, String error, boolean confirmed) {
    return new TuningRecord(
        KEY,
        "dense",
        "[[\"split\",\"dense\",\"i0\",[" + schedule + "]]]",
        Map.of("tile", Integer.toString(schedule)),
        times,
        status,
        error,
        7,
        Instant.parse("2026-01-02T03:04:05Z"),
        "0.1",
        confirmed);
  }
}
