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
 * @param cores what tensor cores make
 */
record ChainTileCost(BlockChain chain, CudaTarget gpu, ChainCores cores) {
  /** Instructions for each score between the products: its maximum, exponential, and sum. */
  private static final double SOFTMAX_INSTRUCTIONS = 6;

  /** What a running softmax takes more for each row of a step, by a warp: two sums of a part. */
  private static final double RUNNING_ROW_CYCLES = 2;

  /** Cycles of a step's waiting: for its copies, and for the sums of instructions before it. */
  private static final double STEP_CYCLES = 80;

  /** Cycles until a warp has the maximum or the sum of a row. */
  private static final double ROW_CYCLES = 200;

  /**
   * Cycles of waiting in a step of a running softmax, where threads also meet for the scores, the
   * maxima, the weights and the sums.
   */
  private static final double RUNNING_STEP_CYCLES = 480;

  /** Warps that keep a multiprocessor's units busy. */
  private static final double BUSY_WARPS = 6;

  /** The part of the shorter that the longer does not hide, where threads take turns. */
  private static final double SHOWN = 0.25;

  /** The same of asynchronous copies. */
  private static final double SHOWN_AHEAD = 0.1;

  /** The tile of the least cost. */
  ChainTile best(List<ChainTile> tiles) {
    return tiles.stream().min(Comparator.comparingDouble(this::of)).orElseThrow();
  }

  /** The cycles of one launch with this tile. */
  double of(ChainTile tile) {
    double blocks = tile.blocks(chain);
    double ofMultiprocessor = Math.ceil(blocks / gpu.multiprocessors());
    double atOnce = tile.resident(chain, gpu);
    double used = Math.min(1, tile.warps() * atOnce / BUSY_WARPS);
    double moved = copied(tile);
    double units = computing(tile) + moved / CudaTarget.SHARED_BYTES_PER_CYCLE;
    double reading = Math.min(blocks, gpu.multiprocessors());
    double cached = moved / gpu.l2BytesPerCycle(reading);
    double busy = together(units / used, cached, shown(tile, atOnce));
    double rounds = Math.ceil(ofMultiprocessor / atOnce);
    return rounds * CoreTileCost.ENDS_CYCLES
        + together(ofMultiprocessor * busy, rounds * waiting(tile), SHOWN);
  }

  /** The part of the shorter, of copies and computing, that the other or other blocks' hide not. */
  private double shown(ChainTile tile, double atOnce) {
    double shownAhead = gpu.hasAsyncCopies() ? SHOWN_AHEAD : SHOWN;
    double ahead = tile.copiedAhead(chain, gpu);
    return Math.min(ahead * shownAhead + 1 - ahead, 1 / atOnce);
  }

  /** Bytes that a block copies into shared memory. */
  private double copied(ChainTile tile) {
    double query = (double) tile.rows() * chain.depth() * queryBytes();
    double key = chain.depth() * (double) keyBytes() + chain.columns() * (double) valueBytes();
    return query + chain.keyCount() * key;
  }

  /** The cycles that a block takes of the units, beside its copies. */
  private double computing(ChainTile tile) {
    double steps = Math.ceilDiv(chain.keyCount(), tile.keys());
    double keys = steps * tile.keys();
    double columns = tile.ofLast().columns().size();
    double summed = tile.running() ? keys : chain.keyCount();
    boolean lastCores = cores.last(tile.running()).isPresent();
    double last = products(tile, summed, columns, tile.ofLast(), lastCores);
    boolean scoreCores = cores.scores().isPresent();
    double first = products(tile, keys, chain.depth(), tile.ofScores(), scoreCores);
    double scores = tile.rows() * keys;
    double between =
        scores
            * Math.max(
                SOFTMAX_INSTRUCTIONS / gpu.fmaPerCycle(),
                betweenBytes(tile) / CudaTarget.SHARED_BYTES_PER_CYCLE);
    double running =
        tile.running()
            ? steps * tile.rows() * (RUNNING_ROW_CYCLES + columns / gpu.fmaPerCycle())
            : 0;
    double written = scores * Float.BYTES / CudaTarget.SHARED_BYTES_PER_CYCLE;
    return first + written + between + running + last;
  }

  /**
   * What is loaded and stored of shared memory for each score: itself for its row's maximum and for
   * its exponential, and the weight, which a running softmax loads once more for the sum.
   */
  private double betweenBytes(ChainTile tile) {
    double weight = chain.weights().op().dtype().bytes();
    return 2 * Float.BYTES + (tile.running() ? 2 : 1) * weight;
  }

  /** The cycles in which a block waits for what is before. */
  private double waiting(ChainTile tile) {
    double steps = Math.ceilDiv(chain.keyCount(), tile.keys());
    return tile.running()
        ? steps * (STEP_CYCLES + RUNNING_STEP_CYCLES)
        : 2 * steps * STEP_CYCLES + Math.ceilDiv(tile.rows(), tile.warps()) * ROW_CYCLES;
  }

  /** The cycles of a block's part of a product. */
  private double products(
      ChainTile tile, double keys, double others, WarpGrid grid, boolean onCores) {
    double products = tile.rows() * keys * others;
    if (onCores) {
      int bytes = keyBytes();
      double loaded = bytes * grid.loads() / (grid.rows().ofWarp() * grid.columns().ofWarp());
      double multiplied = 1 / (gpu.reachedByWarps() * gpu.coreProductsPerCycle(bytes));
      return products * Math.max(multiplied, loaded / CudaTarget.SHARED_BYTES_PER_CYCLE);
    }
    double loads = grid.rows().ofThread() + grid.columns().ofThread();
    return products * Math.max(1.0 / gpu.fmaPerCycle(), loads / grid.sums() / CudaTarget.WARP);
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

  private int queryBytes() {
    return chain.query().tensor().dtype().bytes();
  }

  private static double together(double one, double other, double shown) {
    return Math.max(one, other) + shown * Math.min(one, other);
  }
}
