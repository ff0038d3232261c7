package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.Pipelining;

/**
 * How far a tiled reduction copies its operands ahead of what it computes.
 *
 * @param depth the iterations whose operands shared memory has room for; 1 where nothing is ahead
 * @param way what copies
 */
record CopyAhead(int depth, Pipelining.Way way) {
  private static final int MOST_DEPTH = 4;

  /** What says that tiles have arrived, with what is left out around it. */
  private static final long ARRIVAL_BYTES = 128;

  /** What a thread keeps in registers, beside its sums, while it multiplies. */
  private static final long MOST_CARRIED_BYTES = 16 * Integer.BYTES;

  /** What the compiler is told to leave registers for: see DeviceEmitter. */
  static final long RESIDENT_THREADS = 512;

  /**
   * What fits shared memory.
   *
   * @param bytes of the operands of one iteration
   * @param others bytes that a block needs beside them
   * @param tiles true where they may come as boxes of tensors
   */
  static List<CopyAhead> fitting(CudaTarget gpu, long bytes, long others, boolean tiles) {
    List<CopyAhead> all = new ArrayList<>(List.of(new CopyAhead(1, Pipelining.Way.REGISTERS)));
    if (2 * bytes + others <= CudaTarget.STATIC_SHARED_BYTES) {
      all.add(new CopyAhead(2, Pipelining.Way.REGISTERS));
    }
    if (gpu.hasAsyncCopies()) {
      all.addAll(asynchronous(gpu, bytes, others, Pipelining.Way.ASYNC));
    }
    if (tiles && gpu.hasTileCopies()) {
      all.addAll(asynchronous(gpu, bytes, others + ARRIVAL_BYTES, Pipelining.Way.TILES));
    }
    return all;
  }

  private static List<CopyAhead> asynchronous(
      CudaTarget gpu, long bytes, long others, Pipelining.Way way) {
    return IntStream.rangeClosed(2, MOST_DEPTH)
        .filter(depth -> depth * bytes + others <= gpu.sharedBytesPerBlock())
        .mapToObj(depth -> new CopyAhead(depth, way))
        .toList();
  }

  /**
   * As boxes or else asynchronously, and as far as leaves as many blocks on a multiprocessor as
   * registers do, where the device can; else one iteration through registers, where the sums leave
   * some.
   *
   * @param threads that share out the copies
   * @param others bytes that a block needs beside the operands
   * @param blocks for which a multiprocessor has registers
   */
  static CopyAhead preferred(
      List<CopyAhead> fitting, CudaTarget gpu, long threads, long bytes, long others, long blocks) {
    boolean carried = bytes <= MOST_CARRIED_BYTES * threads && fitting.size() > 1;
    CopyAhead best = fitting.get(carried ? 1 : 0);
    for (CopyAhead ahead : fitting) {
      long block = ahead.depth * bytes + others;
      boolean resident = blocks * block <= gpu.sharedBytesPerMultiprocessor();
      best = ahead.isAsync() && (resident || !best.isAsync()) ? ahead : best;
    }
    return best;
  }

  /** True where the copies need no registers. */
  boolean isAsync() {
    return way != Pipelining.Way.REGISTERS;
  }

  @Override
  public String toString() {
    return switch (way) {
      case REGISTERS -> Integer.toString(depth);
      case ASYNC -> depth + " async";
      case TILES -> depth + " tiles";
    };
  }
}
