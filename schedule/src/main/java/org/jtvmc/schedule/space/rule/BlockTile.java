package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.Stage;

/**
 * How a GPU block's threads share out a tile of a matrix product: {@code threadRows *
 * threadColumns} threads, each with {@code rows * columns} elements in registers, as so many
 * virtual threads that no thread has more than four neighbouring elements in one direction.
 *
 * @param units what multiplies; on tensor cores rows and pairs of columns of one thread are as far
 *     apart as the fragments of a matrix have them, and warps lie below each other
 * @param parts how many warps make a part of the reduction each, for the same elements; of tiles
 *     for warps with tensor cores
 */
record BlockTile(
    long threadRows, long threadColumns, long rows, long columns, Units units, long parts) {

  BlockTile(long threadRows, long threadColumns, long rows, long columns, Units units) {
    this(threadRows, threadColumns, rows, columns, units, 1);
  }

  /** What multiplies. */
  enum Units {
    /** The multiply-add units. */
    ORDINARY(""),
    /** Tensor cores, for each warp. */
    WARPS(" cores"),
    /** Tensor cores, for four warps at once. */
    GROUPS(" groups");

    private final String suffix;

    Units(String suffix) {
      this.suffix = suffix;
    }
  }

  /** Neighbouring elements of one thread: one access of 16 bytes. */
  private static final long MOST_NEIGHBOURS = 4;

  /** The rows and the threads of a row of a warp that uses tensor cores. */
  private static final long ROWS_OF_WARP = 8;

  private static final long THREADS_OF_ROW = 4;

  /** Neighbouring pixels share most of what they read. */
  private static final long MOST_SURROUNDINGS = 4;

  /** Two blocks or more on a multiprocessor hide each other's waiting. */
  private static final long MOST_PREFERRED_THREADS = 256;

  private static final long WARPS_OF_GROUP = 4;

  /** Of a block that uses tensor cores warp by warp. */
  private static final long MOST_WARPS = 8;

  /** Steps of the reduction for which warps share them out. */
  private static final long LEAST_STEPS = 2;

  /** A thread's sums where groups of warps multiply: half of its registers. */
  private static final long MOST_SUMS_OF_GROUPS = 128;

  /** For addresses and what is on its way, beside the sums. */
  private static final long OTHER_REGISTERS = 64;

  private static final List<BlockTile> ALL = all();

  private static List<BlockTile> all() {
    List<BlockTile> all = new ArrayList<>();
    for (long threadRows : new long[] {1, 2, 4, 8, 16, 32}) {
      for (long threadColumns : new long[] {8, 16, 32, 64}) {
        long threads = threadRows * threadColumns;
        for (long rows : new long[] {1, 2, 4, 8}) {
          for (long columns : new long[] {1, 2, 4, 8}) {
            if (threads >= 32 && threads <= 512 && rows * columns <= 64) {
              all.add(new BlockTile(threadRows, threadColumns, rows, columns, Units.ORDINARY));
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
    return fitting.isEmpty() ? List.of(new BlockTile(1, 32, 1, 1, Units.ORDINARY)) : fitting;
  }

  /** Those of the tiles whose operands fit shared memory for the least part of the reduction. */
  static List<BlockTile> affordable(
      List<BlockTile> tiles, CudaTarget gpu, Stage producer, int operands) {
    long bytes = producer.op().dtype().bytes();
    List<BlockTile> fitting =
        tiles.stream()
            .filter(
                tile ->
                    operands * 8 * bytes * Math.max(tile.blockRows(), tile.blockColumns())
                        <= Math.min(gpu.sharedBytesPerBlock(), CudaTarget.STATIC_SHARED_BYTES))
            .toList();
    return fitting.isEmpty() ? tiles.subList(0, 1) : fitting;
  }

  /**
   * The tiles for tensor cores that are not larger than what there is to compute. Of several axes
   * of rows the last two are shared out: see {@link #innerRows} and {@link #outerRows}.
   *
   * @param rowExtents of the axes that are rows, outermost first
   * @param columnExtents of the axes that are columns
   * @param steps of the reduction that the tensor cores make, at most
   */
  static List<BlockTile> forCores(List<Long> rowExtents, List<Long> columnExtents, long steps) {
    List<BlockTile> tiles = new ArrayList<>();
    for (long warps : new long[] {1, 2, 4, 8}) {
      for (long rows : new long[] {2, 4}) {
        for (long columns : new long[] {4, 8, 16, 32}) {
          BlockTile tile = new BlockTile(8 * warps, 4, rows, columns, Units.WARPS);
          long[] inner = tile.innerRows(rowExtents);
          long[] outer = tile.outerRows(rowExtents);
          boolean fits =
              inner[0] * inner[1] <= rowExtents.getLast()
                  && (rowExtents.size() == 1
                      || outer[0] * outer[1] <= rowExtents.get(rowExtents.size() - 2))
                  && tile.blockColumns() <= columnExtents.getLast();
          if (rows * columns <= 64 && fits) {
            tiles.add(tile);
            for (long parts = 2; parts * warps <= MOST_WARPS; parts *= 2) {
              if (steps % parts == 0 && parts * LEAST_STEPS <= steps) {
                tiles.add(new BlockTile(8 * warps, 4, rows, columns, Units.WARPS, parts));
              }
            }
          }
        }
      }
    }
    return tiles;
  }

  /** Among how many warps the elements of a thread can be shared out once the parts are made. */
  long sharesOf(long elements) {
    long shares = parts;
    while (elements % shares != 0) {
      shares /= 2;
    }
    return shares;
  }

  /**
   * The tiles for groups of four warps, each with 64 rows or twice as many, that are not larger
   * than what there is to compute.
   *
   * @param unit of which the columns of a block are a multiple
   */
  static List<BlockTile> forGroups(long rowExtent, long columnExtent, long unit) {
    List<BlockTile> tiles = new ArrayList<>();
    for (long groups : new long[] {1, 2}) {
      for (long tall : new long[] {1, 2}) {
        for (long columns : new long[] {32, 64, 96, 128, 192, 256}) {
          BlockTile tile =
              new BlockTile(
                  groups * WARPS_OF_GROUP * ROWS_OF_WARP,
                  THREADS_OF_ROW,
                  2 * tall,
                  columns / THREADS_OF_ROW,
                  Units.GROUPS);
          boolean fits = tile.blockRows() <= rowExtent && tile.blockColumns() <= columnExtent;
          if (fits && columns % unit == 0 && tile.rows * tile.columns <= MOST_SUMS_OF_GROUPS) {
            tiles.add(tile);
          }
        }
      }
    }
    return tiles;
  }

  /** How many such blocks a multiprocessor has registers for. */
  long residentBlocks() {
    long most = Math.max(1, CopyAhead.RESIDENT_THREADS / threads());
    long registers = rows * columns + OTHER_REGISTERS;
    return units == Units.GROUPS
        ? Math.clamp(CudaTarget.REGISTERS_PER_MULTIPROCESSOR / (threads() * registers), 1, most)
        : most;
  }

  boolean cores() {
    return units != Units.ORDINARY;
  }

  boolean groups() {
    return units == Units.GROUPS;
  }

  /**
   * The rows of a tile for tensor cores along the innermost axis of rows.
   *
   * @return how many each thread has, in steps, and how many threads there are
   */
  long[] innerRows(List<Long> extents) {
    if (extents.size() == 1) {
      return new long[] {rows, threadRows};
    }
    return new long[] {isTall(extents) ? 1 : rows, ROWS_OF_WARP};
  }

  /** The same along the axis around it; one of each where there is none. */
  long[] outerRows(List<Long> extents) {
    if (extents.size() == 1) {
      return new long[] {1, 1};
    }
    return new long[] {isTall(extents) ? rows : 1, threadRows / ROWS_OF_WARP};
  }

  /** True where the outer axis has room for the rows of all warps. */
  private boolean isTall(List<Long> extents) {
    return threadRows / ROWS_OF_WARP * rows <= extents.get(extents.size() - 2);
  }

  /**
   * About how many bytes the operands take for one step of tensor cores.
   *
   * @param window the products of each row's surroundings: the taps of a convolution
   */
  long coreBytes(long window) {
    long surroundings = Math.min(window, MOST_SURROUNDINGS);
    return (surroundings * blockRows() + window * blockColumns()) * CoreProduct.STEP_BYTES;
  }

  long threads() {
    return threadRows * threadColumns * parts;
  }

  long blockRows() {
    return threadRows * rows;
  }

  long blockColumns() {
    return threadColumns * columns;
  }

  long virtualRows() {
    return cores() ? rows : Math.ceilDiv(rows, MOST_NEIGHBOURS);
  }

  long virtualColumns() {
    return cores() ? columns / 2 : Math.ceilDiv(columns, MOST_NEIGHBOURS);
  }

  /** The rows and columns of the product that a warp computes; of tiles for tensor cores. */
  double rowsOfWarp() {
    return ROWS_OF_WARP * rows;
  }

  double columnsOfWarp() {
    return (double) THREADS_OF_ROW * columns;
  }

  /** The one of the least cost, of those whose blocks are not too large. */
  static BlockTile best(List<BlockTile> tiles, ToDoubleFunction<BlockTile> cost) {
    return tiles.stream()
        .filter(tile -> tile.threads() <= MOST_PREFERRED_THREADS || tiles.size() == 1)
        .min(Comparator.comparingDouble(cost))
        .orElseThrow();
  }

  @Override
  public String toString() {
    String text = threadRows + "x" + threadColumns + "*" + rows + "x" + columns;
    return text + units.suffix + (parts > 1 ? " in " + parts : "");
  }
}
