package org.jtvmc.schedule.space.rule;

import java.util.function.ToLongFunction;
import org.jtvmc.ir.target.CudaTarget;

/**
 * What a tile for tensor cores costs by arithmetic alone, for each product that an element sums, in
 * the time of a multiply-add of the ordinary units. The blocks of a multiprocessor take as long as
 * its units, which are the tensor cores and shared memory, or the L2 cache; or as long as one block
 * after the other waits: in each step of the reduction for the copies and for the other threads,
 * and in each instruction for the sums of the one before.
 *
 * @param blocks how many there are with a tile
 * @param stageBytes what the operands of the least step of the reduction take of shared memory
 * @param length products that are summed for each element
 * @param window those of them that belong to one place along the axis that is divided into steps
 * @param step the least step along that axis
 * @param factorBytes the size of a factor
 */
record CoreTileCost(
    CudaTarget gpu,
    ToLongFunction<BlockTile> blocks,
    ToLongFunction<BlockTile> stageBytes,
    long length,
    long window,
    long step,
    int factorBytes) {
  private static final double SUM_BYTES = 4;

  /** One step is computed while the next is copied. */
  private static final int LEAST_STAGES = 2;

  /** A warp for each of a multiprocessor's tensor cores. */
  private static final double CORES = 4;

  /** The rows that a group multiplies by what it loads of the other operand. */
  private static final double ROWS_OF_GROUP = 64;

  private static final double MOST_BLOCKS = 4;

  /**
   * Cycles until all threads have gone on to the next step, and have loaded what it begins with.
   */
  private static final double STEP_CYCLES = 80;

  /** Cycles until the sums of one instruction can be those of the next. */
  private static final double CHAIN_CYCLES = 33;

  /** Cycles of a block before its first step and after its last. */
  static final double ENDS_CYCLES = 1500;

  /** Cycles until parts of sums that warps left for each other are read. */
  private static final double EXCHANGE_CYCLES = 150;

  /** The part of what is not the longest that the longest does not hide. */
  private static final double SHOWN = 0.25;

  double of(BlockTile tile) {
    double elements = (double) tile.blockRows() * tile.blockColumns();
    double ofMultiprocessor = Math.ceil((double) blocks.applyAsLong(tile) / gpu.multiprocessors());
    double atOnce = Math.min(ofMultiprocessor, resident(tile));
    double rounds = Math.ceil(ofMultiprocessor / atOnce);
    double warps = tile.threads() / (double) CudaTarget.WARP;
    double used = Math.min(1, warps * atOnce / CORES);
    double units = elements * length * (tile.groups() ? ofGroups(tile) : ofWarps(tile)) / used;
    double steps = Math.ceil((double) length / (window * step * tile.parts()));
    double cached = steps * stageBytes.applyAsLong(tile) / CudaTarget.L2_BYTES_PER_CYCLE;
    double instructions = step * factorBytes / (double) CoreProduct.STEP_BYTES;
    double waiting = steps * (STEP_CYCLES + window * instructions * CHAIN_CYCLES);
    if (tile.parts() > 1) {
      units += 2 * elements * tile.parts() * SUM_BYTES / CudaTarget.SHARED_BYTES_PER_CYCLE;
      waiting += EXCHANGE_CYCLES;
    }
    double busy = ofMultiprocessor * together(units, cached);
    double cycles = rounds * ENDS_CYCLES + together(busy, rounds * waiting);
    return cycles * gpu.fmaPerCycle() / length;
  }

  private static double together(double one, double other) {
    return Math.max(one, other) + SHOWN * Math.min(one, other);
  }

  /** The cycles of a product by {@code mma.sync}, whose factors are loaded before. */
  private double ofWarps(BlockTile tile) {
    double rows = tile.rowsOfWarp();
    return 1 / (gpu.reachedByWarps() * gpu.coreProductsPerCycle(factorBytes))
        + loaded(rows, tile.columnsOfWarp()) / CudaTarget.SHARED_BYTES_PER_CYCLE;
  }

  /** The same by {@code wgmma}, which loads while it multiplies. */
  private double ofGroups(BlockTile tile) {
    return Math.max(
        1 / (gpu.reachedByGroups() * gpu.coreProductsPerCycle(factorBytes)),
        loaded(ROWS_OF_GROUP, tile.blockColumns()) / CudaTarget.SHARED_BYTES_PER_CYCLE);
  }

  /** Bytes of shared memory for a product of so many rows and columns. */
  private double loaded(double rows, double columns) {
    return factorBytes * (columns + rows) / (columns * rows);
  }

  /** How many blocks a multiprocessor has room for. */
  private double resident(BlockTile tile) {
    double stages = LEAST_STAGES * stageBytes.applyAsLong(tile);
    double byShared = Math.floor(gpu.sharedBytesPerMultiprocessor() / stages);
    return Math.clamp(Math.min(byShared, tile.residentBlocks()), 1, MOST_BLOCKS);
  }
}
