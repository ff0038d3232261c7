package org.jtvmc.tuner.feature;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What a statement does to its most used buffers: 18 numbers for each. */
final class BufferFeatures {

  /** The columns of one buffer. */
  static final List<String> FIELDS =
      List.of(
          "read",
          "write",
          "read_write",
          "bytes",
          "unique_bytes",
          "lines",
          "unique_lines",
          "reuse.loop",
          "reuse.serial",
          "reuse.none",
          "reuse.distance_iterations",
          "reuse.distance_bytes",
          "reuse.count",
          "bytes_over_reuse",
          "unique_bytes_over_reuse",
          "lines_over_reuse",
          "unique_lines_over_reuse",
          "stride");

  /** Without reuse, the quotients by the reuse count take this for it: dearer than one reuse. */
  private static final double NO_REUSE = 0.5;

  private BufferFeatures() {}

  private record Row(
      Access access, double bytes, double lines, double uniqueLines, double stride, Reuse reuse) {}

  /** Appends the rows of the {@code number} buffers that move the most lines, then bytes. */
  static void append(Statement statement, int number, FeatureRow row) {
    List<Row> rows = new ArrayList<>();
    for (Access access : statement.accesses()) {
      rows.add(measure(statement, access));
    }
    rows.sort(Comparator.comparingDouble(Row::lines).thenComparingDouble(Row::bytes).reversed());
    for (int k = 0; k < number; k++) {
      if (k < rows.size()) {
        append(rows.get(k), row);
      } else {
        row.skip(FIELDS.size());
      }
    }
  }

  private static Row measure(Statement statement, Access access) {
    double iterations = statement.iterations();
    int elementBytes = access.buffer().dtype().bytes();
    double standing = 1;
    double stride = 0;
    for (int k = statement.loops().size() - 1; k >= 0; k--) {
      if (access.moves(k)) {
        stride = access.step(k);
        break;
      }
      standing *= statement.loops().get(k).extent();
    }
    double linesPerStep = Math.min(1, stride * elementBytes / Access.LINE_BYTES);
    double lines = Math.max(1, iterations / standing * linesPerStep);
    return new Row(
        access,
        iterations * elementBytes,
        lines,
        access.lines(0),
        stride,
        Reuse.of(statement, access));
  }

  private static void append(Row r, FeatureRow row) {
    row.addOneHot(r.access.type().ordinal(), Access.Type.values().length);
    double uniqueBytes = r.access.bytes(0);
    row.add(r.bytes);
    row.add(uniqueBytes);
    row.add(r.lines);
    row.add(r.uniqueLines);
    row.addOneHot(r.reuse.type().ordinal(), Reuse.Type.values().length);
    row.add(r.reuse.distanceIterations());
    row.add(r.reuse.distanceBytes());
    row.add(r.reuse.count());
    double by = r.reuse.count() > 0 ? r.reuse.count() : NO_REUSE;
    row.add(r.bytes / by);
    row.add(uniqueBytes / by);
    row.add(r.lines / by);
    row.add(r.uniqueLines / by);
    row.add(r.stride);
  }
}
