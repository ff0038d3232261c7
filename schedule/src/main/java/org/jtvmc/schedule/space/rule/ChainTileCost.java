package org.jtvmc.schedule.space.rule;

import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.space.SketchState;

/**
 * The cycles of a chain of products by arithmetic: in one launch, a tile to each block, and in
 * three.
 *
 * @param scoreCores true where tensor cores make the scores
 * @param lastCores true where they make the last product
 */
record ChainTileCost(BlockChain chain, CudaTarget gpu, boolean scoreCores, boolean lastCores) {
  /** What another launch costs, in seconds. */
  private static final double LAUNCH = 2e-6;

  /** Bytes that a multiprocessor gets of the L2 cache in a cycle, and of shared memory. */
  private static final double L2_BYTES = 32;

  private static final double SHARED_BYTES = 128;

  /** Instructions for each score, from reading it to the weight. */
  private static final double SOFTMAX_INSTRUCTIONS = 24;

  /** Cycles of a step's waiting: for its copies, and for the sums of instructions before it. */
  private static final double STEP_CYCLES = 80;

  /** Cycles until a warp has the maximum or the sum of a row. */
  private static final double ROW_CYCLES = 200;

  /** Warps that keep a multiprocessor's units busy. */
  private static final double BUSY_WARPS = 8;

  private static final double SHOWN = 0.25;

  /** The tile of the least cost. */
  ChainTile best(List<ChainTile> tiles) {
    return tiles.stream().min(Comparator.comparingDouble(this::of)).orElseThrow();
  }

  /** The cycles of one launch with this tile. */
  double of(ChainTile tile) {
    double blocks = (double) chain.batch() * Math.ceilDiv(chain.rows(), tile.rows());
    double ofMultiprocessor = Math.ceil(blocks / gpu.multiprocessors());
    double atOnce = Math.min(ofMultiprocessor, resident(tile));
    double rounds = Math.ceil(ofMultiprocessor / atOnce);
    double used = Math.min(1, tile.warps() * atOnce / BUSY_WARPS);
    double keys = Math.ceilDiv(chain.keyCount(), tile.keys()) * (double) tile.keys();
    double scores =
        product(tile.ofScores(), keys * chain.depth() * tile.rows(), scoreCores, keyBytes());
    double last =
        product(
            tile.ofLast(),
            (double) chain.keyCount() * tile.ofLast().columns().size() * tile.rows(),
            lastCores,
            valueBytes());
    double weights =
        tile.rows() * (double) chain.keyCount() * SOFTMAX_INSTRUCTIONS / gpu.fmaPerCycle();
    double cached =
        chain.keyCount() * (double) (chain.depth() * keyBytes() + chain.columns() * valueBytes());
    double steps = 2 * keys / tile.keys();
    double waiting = steps * STEP_CYCLES + Math.ceilDiv(tile.rows(), tile.warps()) * ROW_CYCLES;
    double busy = ofMultiprocessor * together((scores + last + weights) / used, cached / L2_BYTES);
    return rounds * CoreTileCost.ENDS_CYCLES + together(busy, rounds * waiting);
  }

  private double product(WarpGrid grid, double products, boolean cores, int bytes) {
    if (cores) {
      double loaded = bytes * grid.loads() / (grid.rows().ofWarp() * grid.columns().ofWarp());
      return products
          * (1 / (gpu.reachedByWarps() * gpu.coreProductsPerCycle(bytes)) + loaded / SHARED_BYTES);
    }
    double loads = (double) (grid.rows().ofThread() + grid.columns().ofThread()) / grid.sums();
    return products / gpu.fmaPerCycle() * (1 + 2 * loads);
  }

  private double resident(ChainTile tile) {
    double byShared = Math.floor((double) gpu.sharedBytesPerMultiprocessor() / tile.bytes(chain));
    double byThreads = Math.max(1, CopyAhead.RESIDENT_THREADS / tile.threads());
    return Math.max(1, Math.min(byShared, byThreads));
  }

  /**
   * The cycles of a launch for each product and one for what is between them; empty where a product
   * cannot be alone.
   */
  OptionalDouble apart(SketchState state) {
    OptionalDouble scores = BlockPlan.leastCycles(state, chain.scores());
    OptionalDouble last = BlockPlan.leastCycles(state, chain.chain().last());
    if (scores.isEmpty() || last.isEmpty()) {
      return OptionalDouble.empty();
    }
    double elements = (double) chain.batch() * chain.rows() * chain.keyCount();
    double bytes = 2 * (Float.BYTES + chain.weights().op().dtype().bytes());
    double between =
        elements
            / gpu.multiprocessors()
            * (SOFTMAX_INSTRUCTIONS / gpu.fmaPerCycle() + bytes / L2_BYTES);
    return OptionalDouble.of(
        scores.getAsDouble() + last.getAsDouble() + between + 2 * LAUNCH * gpu.clockHertz());
  }

  private int keyBytes() {
    return chain.keys().tensor().dtype().bytes();
  }

  private int valueBytes() {
    return chain.values().tensor().dtype().bytes();
  }

  private static double together(double one, double other) {
    return Math.max(one, other) + SHOWN * Math.min(one, other);
  }
}
