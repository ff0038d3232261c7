package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Occupancy;

/**
 * What a block makes of a {@link BlockChain} at a time.
 *
 * @param rows of the result, with all of their scores
 * @param warps of the block
 * @param keys of which the scores are made together
 * @param ofScores how the warps share out these scores
 * @param ofLast how they share out the last product
 * @param running true where the softmax runs along the keys, so that a block has no more of the
 *     scores than those that are made together
 */
record ChainTile(
    long rows, long warps, long keys, WarpGrid ofScores, WarpGrid ofLast, boolean running) {
  private static final long LEAST_CORE_STEP = 16;

  /** A thread's sums of the last product wait while it makes scores. */
  private static final long MOST_RUNNING_SUMS = 96;

  /** What a running softmax has of each row: two maxima, two sums, and a factor. */
  private static final long RUNNING_BYTES = 5 * Float.BYTES;

  /** Registers of a thread beside those of its sums. */
  private static final long OTHER_REGISTERS = 40;

  /** Values of a step, as a rule. */
  private static final long VALUES = 64;

  /** Elements that the threads of a warp take of a row at once, at most. */
  private static final long WIDEST_TURN = 4L * CudaTarget.WARP;

  /** Those that the device has registers and shared memory for. */
  static List<ChainTile> fitting(BlockChain chain, CudaTarget gpu, ChainCores cores) {
    List<ChainTile> fitting = new ArrayList<>();
    for (long rows : new long[] {16, 32, 64, 128}) {
      for (long warps : new long[] {1, 2, 4, 8}) {
        for (long keys : new long[] {32, 64, 128, 256}) {
          boolean once = keys == 32 || keys / 2 < chain.keyCount();
          if (once && rows <= chain.rows()) {
            long columns = Math.min(keys, chain.keyCount());
            of(chain, cores, rows, warps, columns, false).ifPresent(fitting::add);
            if (chain.runs() && keys < chain.keyCount()) {
              of(chain, cores, rows, warps, keys, true)
                  .filter(tile -> tile.runs(chain))
                  .ifPresent(fitting::add);
            }
          }
        }
      }
    }
    return fitting.stream().filter(tile -> tile.bytes(chain) <= gpu.sharedBytesPerBlock()).toList();
  }

  private static Optional<ChainTile> of(
      BlockChain chain, ChainCores cores, long rows, long warps, long keys, boolean running) {
    boolean scoreCores = cores.scores().isPresent();
    boolean lastCores = cores.last(running).isPresent();
    Optional<WarpGrid> first = WarpGrid.of(rows, keys, warps, scoreCores, true);
    Optional<WarpGrid> last = WarpGrid.of(rows, chain.columns(), warps, lastCores, false);
    return first.isPresent() && last.isPresent()
        ? Optional.of(new ChainTile(rows, warps, keys, first.get(), last.get(), running))
        : Optional.empty();
  }

  /** True where a softmax can run along the keys of all tiles, and threads have the registers. */
  private boolean runs(BlockChain chain) {
    return ofScores.sums() + ofLast.sums() <= MOST_RUNNING_SUMS
        && (chain.runsBeyond() || chain.keyCount() % keys == 0);
  }

  long threads() {
    return warps * CudaTarget.WARP;
  }

  /** What stays in shared memory from the first product to the last. */
  long keptBytes(BlockChain chain) {
    long query = rows * (chain.depth() + padding(chain.query().tensor().dtype().bytes()));
    long held = running ? keys : chain.keyCount();
    long weights = rows * (held + padding(weightBytes(chain)));
    return query * chain.query().tensor().dtype().bytes()
        + rows * (held + SCORE_PADDING) * Float.BYTES
        + weights * weightBytes(chain)
        + (running ? rows * RUNNING_BYTES : elementBytes(chain));
  }

  /** What is computed of each score and read again, where registers do not hold it. */
  private long elementBytes(BlockChain chain) {
    long length = Math.ceilDiv(chain.keyCount(), WIDEST_TURN) * WIDEST_TURN;
    long tensors = chain.members().stream().filter(member -> !member.isReduction()).count();
    return chain.keyCount() <= ReduceRowsTogether.MOST_KEPT * CudaTarget.WARP
        ? 0
        : tensors * warps * length * Float.BYTES;
  }

  /** All that a block takes of shared memory, where nothing is copied ahead. */
  long bytes(BlockChain chain) {
    return keptBytes(chain)
        + (running
            ? keyBytes(chain) + valueBytes(chain, keys)
            : Math.max(keyBytes(chain), valueBytes(chain, LEAST_CORE_STEP)));
  }

  /** The same where one step's keys and values are copied while those before are used. */
  long bytesAhead(BlockChain chain) {
    if (!chain.copiesWords()) {
      return bytes(chain);
    }
    if (running) {
      return keptBytes(chain) + 2 * (keyBytes(chain) + valueBytes(chain, keys));
    }
    long places = keys < chain.keyCount() ? 2 : 1;
    return keptBytes(chain) + Math.max(places * keyBytes(chain), 2 * valueBytes(chain, VALUES));
  }

  /**
   * The part of the keys and values that is copied while others are used, from 0 to 1. A step that
   * is the only one has none before it.
   */
  double copiedAhead(BlockChain chain, CudaTarget gpu) {
    if (!chain.copiesWords()) {
      return 0;
    }
    if (running) {
      return bytesAhead(chain) <= gpu.sharedBytesPerBlock() ? 1 : 0;
    }
    long left = gpu.sharedBytesPerBlock() - keptBytes(chain);
    double ofKeys = keys < chain.keyCount() && 2 * keyBytes(chain) <= left ? 0.5 : 0;
    double ofValues = 2 * valueBytes(chain, VALUES) <= left ? 0.5 : 0;
    return ofKeys + ofValues;
  }

  private long keyBytes(BlockChain chain) {
    int bytes = chain.keys().tensor().dtype().bytes();
    return ofScores.columns().size() * (chain.depth() + padding(bytes)) * bytes;
  }

  private long valueBytes(BlockChain chain, long values) {
    int bytes = chain.values().tensor().dtype().bytes();
    return values * (ofLast.columns().size() + padding(bytes)) * bytes;
  }

  /** How many blocks a multiprocessor has room for, of those that there are. */
  long resident(BlockChain chain, CudaTarget gpu) {
    long registers = OTHER_REGISTERS + ofScores.sums() + ofLast.sums();
    Occupancy occupancy =
        Occupancy.of(
            gpu,
            (int) threads(),
            (int) Math.min(registers, CudaTarget.REGISTERS_PER_THREAD),
            Math.min(bytesAhead(chain), gpu.sharedBytesPerBlock()));
    long byThreads = CopyAhead.RESIDENT_THREADS / threads();
    long each = Math.ceilDiv(blocks(chain), gpu.multiprocessors());
    return Math.max(1, Math.min(each, Math.min(occupancy.blocks(), byThreads)));
  }

  /** How many blocks make the result. */
  long blocks(BlockChain chain) {
    return chain.batch() * Math.ceilDiv(chain.rows(), rows);
  }

  /** Elements by which rows of scores are apart, so that four of them lie in different banks. */
  static final long SCORE_PADDING = 8;

  /** The same for rows of which eight are loaded together, of elements of so many bytes. */
  static long padding(long bytes) {
    return 16 / bytes;
  }

  private static int weightBytes(BlockChain chain) {
    return chain.weights().op().dtype().bytes();
  }

  @Override
  public String toString() {
    return "%d rows, %d keys, %d warps%s".formatted(rows, keys, warps, running ? ", running" : "");
  }
}
