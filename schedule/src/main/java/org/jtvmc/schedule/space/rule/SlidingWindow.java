package org.jtvmc.schedule.space.rule;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
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
 * @param sideways true where it moves along the lanes as well, from each to the next, and code
 *     generation takes what neighbours share out of vectors that are loaded once
 */
record SlidingWindow(Stage producer, int loop, long stride, boolean alone, boolean sideways) {

  /** Accumulators that keep two multiply-add units of four cycles busy. */
  private static final int ENOUGH_REGISTERS = 8;

  /** Sums beside which a row's vectors, each once for either side, find registers. */
  private static final int MOST_WIDE_REGISTERS = 16;

  /** What the instructions that code generation asks for work on. */
  private static final int SHUFFLED_BITS = 512;

  /** The most statements into which a window is unrolled. */
  static final int MOST_STATEMENTS = 256;

  /** Empty where no window moves along the tile's rows. */
  static Optional<SlidingWindow> of(
      CpuTarget target, Stage producer, List<Access> accesses, TileAxes axes) {
    if (axes.row() < 0) {
      return Optional.empty();
    }
    Axis row = producer.op().axes().get(axes.row());
    List<Axis> reduced = producer.op().reduceAxes();
    for (Access access : accesses) {
      for (int i = 0; i < reduced.size(); i++) {
        long stride = access.slide(row, reduced.get(i));
        if (stride > 0) {
          boolean alone = access.isReadOnce(producer.op().axes());
          boolean sideways = alone && isSideways(target, producer, access, axes, reduced.get(i));
          return Optional.of(new SlidingWindow(producer, i, stride, alone, sideways));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isSideways(
      CpuTarget target, Stage producer, Access access, TileAxes axes, Axis alongRows) {
    Axis vector = producer.op().axes().get(axes.vector());
    return target.isX86()
        && target.vectorBits() == SHUFFLED_BITS
        && producer.op().reducer().equals(Optional.of(Reducer.SUM))
        && access.stride(vector.var()).equals(OptionalLong.of(1))
        && producer.op().reduceAxes().stream()
            .anyMatch(
                axis -> axis != alongRows && axis.size() > 1 && access.slide(vector, axis) == 1);
  }

  /** True where the step along the rows is not the innermost already. */
  boolean isOutside() {
    return loop < producer.op().reduceAxes().size() - 1;
  }

  /** The loop that moves the window along the rows. */
  String loopId() {
    return producer.axes().get(producer.op().axes().size() + loop).id();
  }

  /**
   * The tile of {@code fitting} that leaves the fewest rows over, with just enough registers.
   *
   * @param rows what there are
   * @param vectors in a row
   */
  RegisterTile tile(List<RegisterTile> fitting, long rows, long vectors) {
    boolean wide = sideways && stride == 1 && vectors > 1 && 2 * vectors <= MOST_WIDE_REGISTERS;
    // Rows that hardly overlap share little: then two vectors keep the units busy as well.
    int side = wide ? Math.toIntExact(vectors) : stride > 1 ? 2 : 1;
    int most = (wide ? MOST_WIDE_REGISTERS : ENOUGH_REGISTERS) / side;
    long even = Math.ceilDiv(rows, Math.ceilDiv(rows, most));
    return fitting.stream()
        .filter(tile -> tile.vectors() <= side && tile.rows() <= most)
        .max(
            Comparator.<RegisterTile>comparingInt(RegisterTile::vectors)
                .thenComparing(tile -> rows % tile.rows() == 0 && 2 * tile.rows() > even)
                .thenComparingInt(tile -> tile.rows() == even ? 1 : 0)
                .thenComparingInt(RegisterTile::rows))
        .orElseThrow();
  }

  /** True where code generation takes the rows of the tile one by one by itself. */
  boolean isWide(RegisterTile tile) {
    return sideways && tile.vectors() > 1;
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
