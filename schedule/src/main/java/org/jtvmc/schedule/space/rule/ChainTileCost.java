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
  /** Instructions for each score, from reading it to the weight. */
  private static final double SOFTMAX_INSTRUCTIONS = 24;

  /** Cycles of a step's waiting: for its copies, and for the sums of instructions before it. */
  private static final double STEP_CYCLES = 80;

  /** Cycles until a warp has the maximum or the sum of a row. */
  private static final double ROW_CYCLES = 200;

  /**
   * The same of a running softmax, where threads also meet for the scores, the maxima, the weights
   * and the sums.
   */
  private static final double RUNNING_STEP_CYCLES = 480;

  /** Cycles by which a warp's next row is behind, in the maximum and in the sum. */
  private static final double NEXT_ROW_CYCLES = 60;

  /** Instructions for each score and for each sum that a running softmax takes more. */
  private static final double RUNNING_INSTRUCTIONS = 6;

  private static final double SCALE_INSTRUCTIONS = 2;

  /** Warps that keep a multiprocessor's units busy. */
  private static final double BUSY_WARPS = 6;

  /** Elements that ordinary units load of shared memory in a cycle. */
  private static final double LOADS_PER_CYCLE = 32;

  private static final double SHOWN = 0.25;

  /**
   * The tile of the least cost. A softmax runs only along rows that are longer than what a warp
   * takes of them at once: it saves nothing of shorter ones.
   */
  ChainTile best(List<ChainTile> tiles) {
    boolean whole =
        !ChainTile.isLong(chain.keyCount()) && tiles.stream().anyMatch(tile -> !tile.running());
    return tiles.stream()
        .filter(tile -> !whole || !tile.running())
        .min(Comparator.comparingDouble(this::of))
        .orElseThrow();
  }

  /** The cycles of one launch with this tile. */
  double of(ChainTile tile) {
    double ofMultiprocessor = Math.ceilDiv(tile.blocks(chain), gpu.multiprocessors());
    double atOnce = tile.resident(chain, gpu);
    double rounds = Math.ceil(ofMultiprocessor / atOnce);
    double used = Math.min(1, tile.warps() * atOnce / BUSY_WARPS);
    double steps = Math.ceilDiv(chain.keyCount(), tile.keys());
    double scores = products(tile, steps * tile.keys(), chain.depth(), tile.ofScores(), scoreCores);
    double columns = tile.ofLast().columns().size();
    double last = products(tile, chain.keyCount(), columns, tile.ofLast(), lastCores);
    double weights =
        tile.rows() * (double) chain.keyCount() * SOFTMAX_INSTRUCTIONS / gpu.fmaPerCycle();
    double running = tile.running() ? running(tile, steps, columns) : 0;
    double units = ofMultiprocessor * (scores + last + weights + running) / used;
    double bytes = chain.depth() * (double) keyBytes() + chain.columns() * (double) valueBytes();
    double cached = ofMultiprocessor * chain.keyCount() * bytes / CudaTarget.L2_BYTES_PER_CYCLE;
    // Where nothing is copied ahead, other blocks alone hide the waiting.
    boolean ahead = steps > 1 && tile.bytesAhead(chain) <= gpu.sharedBytesPerBlock();
    double shown = ahead ? SHOWN : Math.max(SHOWN, 1 / atOnce);
    double busy = Math.max(units, cached) + shown * Math.min(units, cached);
    double waiting =
        tile.running()
            ? steps
                * (STEP_CYCLES
                    + RUNNING_STEP_CYCLES
                    + Math.ceilDiv(tile.rows(), tile.warps()) * NEXT_ROW_CYCLES)
            : 2 * steps * STEP_CYCLES + Math.ceilDiv(tile.rows(), tile.warps()) * ROW_CYCLES;
    return rounds * CoreTileCost.ENDS_CYCLES + together(busy, rounds * waiting);
  }

  /** The cycles of what a running softmax computes beside weights and products. */
  private double running(ChainTile tile, double steps, double columns) {
    double instructions =
        chain.keyCount() * RUNNING_INSTRUCTIONS + steps * columns * SCALE_INSTRUCTIONS;
    return tile.rows() * instructions / gpu.fmaPerCycle();
  }

  /** The cycles of a block's part of a product. */
  private double products(
      ChainTile tile, double keys, double others, WarpGrid grid, boolean cores) {
    double products = tile.rows() * keys * others;
    if (cores) {
      int bytes = keyBytes();
      double loaded = bytes * grid.loads() / (grid.rows().ofWarp() * grid.columns().ofWarp());
      double multiplied = 1 / (gpu.reachedByWarps() * gpu.coreProductsPerCycle(bytes));
      return products * together(multiplied, loaded / CudaTarget.SHARED_BYTES_PER_CYCLE);
    }
    // Rows that do not lie side by side are loaded one by one.
    double each = grid.rows().elements() == 1 ? 2 : 1;
    double loads = each * grid.rows().ofThread() + grid.columns().ofThread();
    return products * together(1.0 / gpu.fmaPerCycle(), loads / grid.sums() / LOADS_PER_CYCLE);
  }

  /**
   * The cycles of a launch for each product and one for what is between them; empty where a product
   * cannot be alone.
   */
  OptionalDouble apart(SketchState state) {
    OptionalDouble scores = ProductCycles.least(state, chain.scores());
    OptionalDouble last = ProductCycles.least(state, chain.chain().last());
    if (scores.isEmpty() || last.isEmpty()) {
      return OptionalDouble.empty();
    }
    double elements = (double) chain.batch() * chain.rows() * chain.keyCount();
    double bytes = 2 * (Float.BYTES + chain.weights().op().dtype().bytes());
    double between =
        elements
            / gpu.multiprocessors()
            * (SOFTMAX_INSTRUCTIONS / gpu.fmaPerCycle() + bytes / CudaTarget.L2_BYTES_PER_CYCLE);
    return OptionalDouble.of(
        scores.getAsDouble()
            + last.getAsDouble()
            + between
            + 2 * CudaTarget.LAUNCH_SECONDS * gpu.clockHertz());
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
