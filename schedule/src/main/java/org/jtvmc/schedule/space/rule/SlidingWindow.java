package org.jtvmc.schedule.space.rule;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.RegisterTile;

/**
 * A window that moves along the rows of a register tile: row {@code i} reads at step {@code k} of
 * the reduction what row {@code i + 1} has read a step before. With the steps along the rows
 * innermost and unrolled, each element is loaded once and stays in a register meanwhile.
 *
 * @param loop the index of the reduction's axis that moves the window along the rows
 * @param stride by how much the window moves from row to row
 * @param alone true where nothing but the window is read several times, as in a depthwise
 *     convolution or a pooling: then loads, and not arithmetic, decide
 */
record SlidingWindow(Stage producer, int loop, long stride, boolean alone) {

  /** Accumulators that keep two multiply-add units of four cycles busy. */
  private static final int ENOUGH_REGISTERS = 8;

  /** The most statements into which a window is unrolled. */
  static final int MOST_STATEMENTS = 256;

  /** Empty where no window moves along the tile's rows. */
  static Optional<SlidingWindow> of(Stage producer, List<Access> accesses, TileAxes axes) {
    if (axes.row() < 0) {
      return Optional.empty();
    }
    Axis row = producer.op().axes().get(axes.row());
    List<Axis> reduced = producer.op().reduceAxes();
    for (Access access : accesses) {
      for (int i = 0; i < reduced.size(); i++) {
        long stride = access.slide(row, reduced.get(i));
        if (stride > 0) {
          return Optional.of(
              new SlidingWindow(producer, i, stride, access.isReadOnce(producer.op().axes())));
        }
      }
    }
    return Optional.empty();
  }

  /** True where the step along the rows is not the innermost already. */
  boolean isOutside() {
    return loop < producer.op().reduceAxes().size() - 1;
  }

  /** The loop that moves the window along the rows. */
  String loopId() {
    return producer.axes().get(producer.op().axes().size() + loop).id();
  }

  /** The tile of {@code fitting} that leaves the fewest rows over, with just enough registers. */
  RegisterTile tile(List<RegisterTile> fitting, long rows) {
    // Rows that hardly overlap share little: then two vectors keep the units busy as well.
    int vectors = stride > 1 ? 2 : 1;
    int most = ENOUGH_REGISTERS / vectors;
    long even = Math.ceilDiv(rows, Math.ceilDiv(rows, most));
    return fitting.stream()
        .filter(tile -> tile.vectors() <= vectors && tile.rows() <= most)
        .max(
            Comparator.<RegisterTile>comparingInt(RegisterTile::vectors)
                .thenComparing(tile -> rows % tile.rows() == 0 && 2 * tile.rows() > even)
                .thenComparingInt(tile -> tile.rows() == even ? 1 : 0)
                .thenComparingInt(RegisterTile::rows))
        .orElseThrow();
  }

  /** Statements of the reduction of one tile, unrolled. */
  long statements(RegisterTile tile) {
    long steps = tile.rows();
    for (Axis axis : producer.op().reduceAxes()) {
      steps *= axis.size();
    }
    return steps;
  }
}
