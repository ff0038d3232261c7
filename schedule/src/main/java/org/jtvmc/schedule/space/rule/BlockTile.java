package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jtvmc.ir.target.CudaTarget;

/**
 * How a GPU block's threads share out a tile of a matrix product: {@code threadRows *
 * threadColumns} threads, each with {@code rows * columns} elements in registers, as so many
 * virtual threads that no thread has more than four neighbouring elements in one direction.
 */
record BlockTile(long threadRows, long threadColumns, long rows, long columns) {
  /** Neighbouring elements of one thread: one access of 16 bytes. */
  private static final long MOST_NEIGHBOURS = 4;

  /** Two blocks or more on a multiprocessor hide each other's waiting. */
  private static final long MOST_PREFERRED_THREADS = 256;

  private static final List<BlockTile> ALL = all();

  private static List<BlockTile> all() {
    List<BlockTile> all = new ArrayList<>();
    for (long threadRows : new long[] {1, 2, 4, 8, 16, 32}) {
      for (long threadColumns : new long[] {8, 16, 32, 64}) {
        long threads = threadRows * threadColumns;
        for (long rows : new long[] {1, 2, 4, 8}) {
          for (long columns : new long[] {1, 2, 4, 8}) {
            if (threads >= 32 && threads <= 512 && rows * columns <= 64) {
              all.add(new BlockTile(threadRows, threadColumns, rows, columns));
            }
          }
        }
      }
    }
    return List.copyOf(all);
  }

  /** The tiles that are not larger than what there is to compute. */
  static List<BlockTile> fitting(long rowExtent, long columnExtent) {
    List<BlockTile> fitting =
        ALL.stream()
            .filter(
                tile -> tile.blockRows() < 2 * rowExtent && tile.blockColumns() < 2 * columnExtent)
            .toList();
    return fitting.isEmpty() ? List.of(new BlockTile(1, 32, 1, 1)) : fitting;
  }

  long threads() {
    return threadRows * threadColumns;
  }

  long blockRows() {
    return threadRows * rows;
  }

  long blockColumns() {
    return threadColumns * columns;
  }

  long virtualRows() {
    return Math.ceilDiv(rows, MOST_NEIGHBOURS);
  }

  long virtualColumns() {
    return Math.ceilDiv(columns, MOST_NEIGHBOURS);
  }

  /**
   * The fastest by arithmetic alone: the multiprocessors take waves of blocks, and a multiply-add
   * waits for the operands that it shares with few others.
   */
  static BlockTile best(
      List<BlockTile> tiles, long batch, long rowExtent, long columnExtent, CudaTarget gpu) {
    return tiles.stream()
        .filter(tile -> tile.threads() <= MOST_PREFERRED_THREADS || tiles.size() == 1)
        .min(Comparator.comparingDouble(tile -> tile.cost(batch, rowExtent, columnExtent, gpu)))
        .orElseThrow();
  }

  private double cost(long batch, long rowExtent, long columnExtent, CudaTarget gpu) {
    double blocks =
        (double) batch
            * Math.ceilDiv(rowExtent, blockRows())
            * Math.ceilDiv(columnExtent, blockColumns());
    double waves = Math.ceil(blocks / gpu.multiprocessors());
    // Loads of shared memory for each multiply-add, beside what is read of global memory.
    double shared = (rows + columns) / (double) (rows * columns);
    double global = (blockRows() + blockColumns()) / (double) (blockRows() * blockColumns());
    double warps = threads() / (double) CudaTarget.WARP;
    double busy = Math.min(1, warps * Math.min(blocks / gpu.multiprocessors(), 4) / 8);
    double perBlock = blockRows() * blockColumns() * (1 + 2 * shared + 16 * global);
    return waves * perBlock / busy;
  }

  @Override
  public String toString() {
    return threadRows + "x" + threadColumns + "*" + rows + "x" + columns;
  }
}
