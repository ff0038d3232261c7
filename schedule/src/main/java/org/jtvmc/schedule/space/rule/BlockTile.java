package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jtvmc.ir.target.CudaTarget;

/**
 * How a GPU block's threads share out a tile of a matrix product: {@code threadRows *
 * threadColumns} threads, each with {@code rows * columns} elements in registers, as so many
 * virtual threads that no thread has more than four neighbouring elements in one direction.
 *
 * @param cores true where tensor cores multiply: rows and pairs of columns of one thread are then
 *     as far apart as the fragments of a matrix have them, and warps lie below each other
 */
record BlockTile(long threadRows, long threadColumns, long rows, long columns, boolean cores) {
  /** Neighbouring elements of one thread: one access of 16 bytes. */
  private static final long MOST_NEIGHBOURS = 4;

  /** The rows and the threads of a row of a warp that uses tensor cores. */
  private static final long ROWS_OF_WARP = 8;

  private static final long THREADS_OF_ROW = 4;

  /** How many products tensor cores make in the time of one multiply-add. */
  private static final double CORE_SPEED = 8;

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
              all.add(new BlockTile(threadRows, threadColumns, rows, columns, false));
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
    return fitting.isEmpty() ? List.of(new BlockTile(1, 32, 1, 1, false)) : fitting;
  }

  /** The tiles for tensor cores that divide what there is to compute. */
  static List<BlockTile> forCores(long rowExtent, long columnExtent) {
    List<BlockTile> tiles = new ArrayList<>();
    for (long warps : new long[] {1, 2, 4, 8}) {
      for (long rows : new long[] {2, 4}) {
        for (long columns : new long[] {4, 8, 16, 32}) {
          BlockTile tile = new BlockTile(8 * warps, 4, rows, columns, true);
          if (rows * columns <= 64
              && rowExtent % tile.blockRows() == 0
              && columnExtent % tile.blockColumns() == 0) {
            tiles.add(tile);
          }
        }
      }
    }
    return tiles;
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
    return cores ? rows : Math.ceilDiv(rows, MOST_NEIGHBOURS);
  }

  long virtualColumns() {
    return cores ? columns / 2 : Math.ceilDiv(columns, MOST_NEIGHBOURS);
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
    double perProduct = 1 + 2 * shared + 16 * global;
    if (cores) {
      // A warp shares what it loads, of half the size.
      double ofWarp = 1.0 / (THREADS_OF_ROW * columns) + 1.0 / (ROWS_OF_WARP * rows);
      perProduct = 1 / CORE_SPEED + 2 * ofWarp + 8 * global;
    }
    double perBlock = blockRows() * blockColumns() * perProduct;
    return waves * perBlock / busy;
  }

  @Override
  public String toString() {
    String text = threadRows + "x" + threadColumns + "*" + rows + "x" + columns;
    return cores ? text + " cores" : text;
  }
}
