package org.jtvmc.schedule.space.rule;

import java.util.function.ToLongFunction;
import org.jtvmc.ir.target.CudaTarget;

/**
 * What a tile for tensor cores costs by arithmetic alone, in the time of a multiply-add of the
 * ordinary units: the products themselves, what a warp loads from shared memory for them, and what
 * a block copies into it; divided by how busy the blocks that are resident keep a multiprocessor.
 *
 * @param blocks how many there are with a tile
 * @param stageBytes what the operands of the least step of the reduction take of shared memory
 * @param products that a block makes in that step for each element of its tile
 * @param factorBytes the size of a factor
 */
record CoreTileCost(
    CudaTarget gpu,
    ToLongFunction<BlockTile> blocks,
    ToLongFunction<BlockTile> stageBytes,
    long products,
    int factorBytes) {
  /** The part of their peak that tensor cores reach by {@code mma.sync}. */
  private static final double REACHED = 0.5;

  /** The part that they reach by {@code wgmma}. */
  private static final double REACHED_BY_GROUPS = 0.9;

  /** Bytes that a multiprocessor gets of the L2 cache in a cycle. */
  private static final double L2_BYTES = 32;

  /** Bytes that it gets of shared memory. */
  private static final double SHARED_BYTES = 128;

  /** One step is computed while the next is copied. */
  private static final int LEAST_STAGES = 2;

  /** Warps that keep the tensor cores of a multiprocessor busy. */
  private static final double WANTED_WARPS = 12;

  /** The same where groups of warps multiply: while one stores, another multiplies. */
  private static final double WANTED_WARPS_OF_GROUPS = 8;

  /** The rows that a group multiplies by what it loads of the other operand. */
  private static final double ROWS_OF_GROUP = 64;

  private static final double MOST_BLOCKS = 4;

  double of(BlockTile tile) {
    double elements = (double) tile.blockRows() * tile.blockColumns();
    double cycle = gpu.fmaPerCycle();
    double copied = stageBytes.applyAsLong(tile) / (elements * products);
    double perProduct =
        cycle * (tile.groups() ? ofGroups(tile) : ofWarps(tile)) + cycle / L2_BYTES * copied;
    double all = blocks.applyAsLong(tile);
    double waves = Math.ceil(all / gpu.multiprocessors());
    return waves * elements * perProduct / busy(tile, all / gpu.multiprocessors());
  }

  /** The cycles of a product by {@code mma.sync}, whose factors are loaded before. */
  private double ofWarps(BlockTile tile) {
    double rows = tile.rowsOfWarp();
    return 1 / (REACHED * gpu.coreProductsPerCycle(factorBytes))
        + loaded(rows, tile.columnsOfWarp()) / SHARED_BYTES;
  }

  /** The same by {@code wgmma}, which loads while it multiplies. */
  private double ofGroups(BlockTile tile) {
    return Math.max(
        1 / (REACHED_BY_GROUPS * gpu.coreProductsPerCycle(factorBytes)),
        loaded(ROWS_OF_GROUP, tile.blockColumns()) / SHARED_BYTES);
  }

  /** Bytes of shared memory for a product of so many rows and columns. */
  private double loaded(double rows, double columns) {
    return factorBytes * (columns + rows) / (columns * rows);
  }

  private double busy(BlockTile tile, double blocksOfMultiprocessor) {
    double stages = LEAST_STAGES * stageBytes.applyAsLong(tile);
    double byShared = Math.floor(gpu.sharedBytesPerMultiprocessor() / stages);
    double byThreads = tile.residentBlocks();
    double resident = Math.clamp(Math.min(byShared, byThreads), 1, MOST_BLOCKS);
    double warps = tile.threads() / (double) CudaTarget.WARP;
    double wanted = tile.groups() ? WANTED_WARPS_OF_GROUPS : WANTED_WARPS;
    return Math.min(1, warps * Math.min(blocksOfMultiprocessor, resident) / wanted);
  }
}
