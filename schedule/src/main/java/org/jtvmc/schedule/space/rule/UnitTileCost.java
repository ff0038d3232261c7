package org.jtvmc.schedule.space.rule;

import java.util.List;
import java.util.Map;
import org.jtvmc.ir.target.CudaTarget;

/**
 * What a tile for the multiply-add units costs by arithmetic alone, for each product that an
 * element sums, in the time of a multiply-add of the device's multiprocessors: these take waves of
 * blocks, and a multiply-add waits for the operands that it shares with few others, and for its
 * turn where too few warps are resident to hide each other's waiting.
 *
 * @param parts into which the reduction is divided, a block for each of a tile's
 * @param stage what blocks keep in shared memory
 */
record UnitTileCost(BlockProduct product, CudaTarget gpu, long parts, OperandStage stage) {
  private static final double MOST_BLOCKS = 4;

  /** Resident warps that hide each other's waiting. */
  private static final double BUSY_WARPS = 8;

  /** What the loads of shared memory take of a multiply-add's time, and those of global memory. */
  private static final double SHARED_LOAD = 2;

  private static final double GLOBAL_LOAD = 16;

  double of(BlockTile tile) {
    BlockShares shares = BlockShares.of(product, tile);
    double elements = (double) shares.rows() * shares.columns();
    double ofMultiprocessor = (double) parts * shares.blocks() / gpu.multiprocessors();
    // Loads for each multiply-add, of a thread and of a block.
    double shared = (tile.rows() + tile.columns()) / (double) (tile.rows() * tile.columns());
    double global = (shares.rows() + shares.columns()) / elements;
    double warps = Math.ceil(shares.threads() / (double) CudaTarget.WARP);
    double resident = Math.min(ofMultiprocessor, resident(shares));
    double busy = Math.min(1, warps * resident / BUSY_WARPS);
    double each = 1 + SHARED_LOAD * shared + GLOBAL_LOAD * global;
    return Math.ceil(ofMultiprocessor) * elements * each / busy;
  }

  /** How many blocks a multiprocessor has shared memory for. */
  private double resident(BlockShares shares) {
    Map<String, Long> sizes = shares.sizes();
    OperandStage.Steps steps = stage.steps(gpu, sizes, 1, shares.threads());
    sizes.put(steps.axis(), steps.preferred());
    long bytes = stage.bytes(sizes);
    long wanted = Math.max(1, CopyAhead.RESIDENT_THREADS / shares.threads());
    List<CopyAhead> ways = CopyAhead.fitting(gpu, bytes, 0, false);
    int depth =
        stage.isCarried(gpu, sizes, shares.threads())
            ? CopyAhead.preferred(ways, gpu, shares.threads(), bytes, 0, wanted).depth()
            : 1;
    double byShared = Math.floor((double) gpu.sharedBytesPerMultiprocessor() / (depth * bytes));
    return Math.clamp(byShared, 1, MOST_BLOCKS);
  }
}
