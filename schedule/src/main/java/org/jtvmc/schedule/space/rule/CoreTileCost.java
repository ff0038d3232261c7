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

  /** Bytes that a multiprocessor gets of the L2 cache in a cycle. */
  private static final double L2_BYTES = 32;

  /** Bytes that it gets of shared memory. */
  private static final double SHARED_BYTES = 128;

  /** One step is computed while the next is copied. */
  private static final int LEAST_STAGES = 2;

  /** Warps that keep the tensor cores of a multiprocessor busy. */
  private static final double WANTED_WARPS = 12;

  private static final double MOST_BLOCKS = 4;

  double of(BlockTile tile) {
    double elements = (double) tile.blockRows() * tile.blockColumns();
    double cycle = gpu.fmaPerCycle();
    double shared =
        factorBytes
            * (tile.columnsOfWarp() + tile.rowsOfWarp())
            / (tile.columnsOfWarp() * tile.rowsOfWarp());
    double copied = stageBytes.applyAsLong(tile) / (elements * products);
    double perProduct =
        cycle / (REACHED * gpu.coreProductsPerCycle(factorBytes))
            + cycle / SHARED_BYTES * shared
            + cycle / L2_BYTES * copied;
    double all = blocks.applyAsLong(tile);
    double waves = Math.ceil(all / gpu.multiprocessors());
    return waves * elements * perProduct / busy(tile, all / gpu.multiprocessors());
  }

  private double busy(BlockTile tile, double blocksOfMultiprocessor) {
    double stages = LEAST_STAGES * stageBytes.applyAsLong(tile);
    double byShared = Math.floor(gpu.sharedBytesPerMultiprocessor() / stages);
    double byThreads = Math.floorDiv(CopyAhead.RESIDENT_THREADS, tile.threads());
    double resident = Math.clamp(Math.min(byShared, byThreads), 1, MOST_BLOCKS);
    double warps = tile.threads() / (double) CudaTarget.WARP;
    return Math.min(1, warps * Math.min(blocksOfMultiprocessor, resident) / WANTED_WARPS);
  }
}
