package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * How the warps of a block share out a matrix: each has a rectangle of it. Warps are numbered by
 * {@code threadIdx.y}, the threads of a warp by {@code threadIdx.x}, so that in the same block
 * others can give each warp rows of its own.
 *
 * @param rows of the block
 * @param columns of the block at a time
 */
record WarpGrid(Shares rows, Shares columns) {

  /**
   * How one direction is shared out.
   *
   * @param warps of the block
   * @param virtual times that a warp goes over its lanes
   * @param lanes threads of a warp
   * @param elements neighbouring ones of one thread
   */
  record Shares(long warps, long virtual, long lanes, long elements) {
    long size() {
      return warps * virtual * lanes * elements;
    }

    long ofWarp() {
      return virtual * lanes * elements;
    }

    long ofThread() {
      return virtual * elements;
    }
  }

  /** Sums in the registers of a thread. */
  private static final long MOST_SUMS = 64;

  private static final long MOST_NEIGHBOURS = 4;

  /** Threads of a warp along rows and columns of the ordinary units. */
  private static final long ROW_LANES = 4;

  private static final long COLUMN_LANES = 8;

  /**
   * The grid of so many warps that loads least; empty where some would have nothing to do, or a
   * thread too much.
   *
   * @param cores true where tensor cores multiply: a warp then has 16 rows and 8 columns at least
   * @param together true where a thread's rows lie side by side
   */
  static Optional<WarpGrid> of(
      long rows, long columns, long warps, boolean cores, boolean together) {
    List<WarpGrid> grids = new ArrayList<>();
    for (long across = 1; across <= warps; across *= 2) {
      long down = warps / across;
      long leastRows = cores ? 16 : ROW_LANES;
      if (rows % (down * leastRows) == 0) {
        WarpGrid grid =
            new WarpGrid(rows(rows / down, down, cores, together), columns(columns, across, cores));
        boolean allUsed = columns > (across - 1) * grid.columns.ofWarp();
        if (allUsed && grid.sums() <= MOST_SUMS) {
          grids.add(grid);
        }
      }
    }
    return grids.stream().min(Comparator.comparingDouble(WarpGrid::loads));
  }

  private static Shares rows(long ofWarp, long warps, boolean cores, boolean together) {
    if (cores) {
      return new Shares(warps, ofWarp / 8, 8, 1);
    }
    long ofThread = ofWarp / ROW_LANES;
    long elements = together ? Math.min(MOST_NEIGHBOURS, Long.lowestOneBit(ofThread)) : 1;
    return new Shares(warps, ofThread / elements, ROW_LANES, elements);
  }

  private static Shares columns(long columns, long warps, boolean cores) {
    long ofWarp = Math.ceilDiv(columns, warps);
    if (cores) {
      return new Shares(warps, Math.ceilDiv(ofWarp, 8), 4, 2);
    }
    long elements = MOST_NEIGHBOURS;
    while (elements > 1 && (elements * COLUMN_LANES > ofWarp || columns % elements != 0)) {
      elements /= 2;
    }
    return new Shares(warps, Math.ceilDiv(ofWarp, elements * COLUMN_LANES), COLUMN_LANES, elements);
  }

  /** What a warp loads for each step of the reduction. */
  double loads() {
    return rows.ofWarp() + columns.ofWarp();
  }

  long warps() {
    return rows.warps * columns.warps;
  }

  long sums() {
    return rows.ofThread() * columns.ofThread();
  }

  /**
   * The loops of a stage that is shared out so.
   *
   * @param outer those over tiles, outermost first, the last one over columns
   * @param thread the loop inside which a thread has its elements
   */
  record Cut(List<String> outer, String thread) {}

  /**
   * Cuts the axes {@code row} and {@code column} of a stage, by number, and binds its loops to
   * warps and their threads. What is outside of them stays as it is.
   */
  Cut cut(SketchState state, Stage stage, int row, int column) {
    String id = stage.id();
    List<String> outer = new ArrayList<>();
    for (int i = 0; i < stage.op().axes().size(); i++) {
      String axis = stage.axes().get(i).id();
      if (i == row || i == column) {
        Shares own = i == row ? rows : columns;
        state.apply(new Split(id, axis, List.of(own.warps, own.virtual, own.lanes, own.elements)));
      } else {
        outer.add(axis);
      }
    }
    String down = stage.axes().get(row).id();
    String across = stage.axes().get(column).id();
    outer.add(down + ".0");
    outer.add(across + ".0");
    List<String> order = new ArrayList<>(outer);
    order.addAll(List.of(down + ".2", across + ".2"));
    order.addAll(List.of(down + ".1", across + ".1"));
    order.addAll(List.of(down + ".3", across + ".3"));
    order.addAll(List.of(down + ".4", across + ".4"));
    state.apply(new Reorder(id, order));
    String virtual = state.fuse(id, List.of(down + ".2", across + ".2"));
    String warp = state.fuse(id, List.of(down + ".1", across + ".1"));
    String lane = state.fuse(id, List.of(down + ".3", across + ".3"));
    if (rows.virtual * columns.virtual > 1) {
      state.apply(new Bind(id, virtual, ThreadTag.VIRTUAL));
    }
    state.apply(new Bind(id, warp, ThreadTag.THREAD_Y));
    state.apply(new Bind(id, lane, ThreadTag.THREAD_X));
    state.apply(new Unroll(id, down + ".4"));
    state.apply(new Vectorize(id, across + ".4"));
    return new Cut(outer, lane);
  }
}
