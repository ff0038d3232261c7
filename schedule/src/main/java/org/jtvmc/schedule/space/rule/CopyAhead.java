package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.target.CudaTarget;

/**
 * How far a tiled reduction copies its operands ahead of what it computes.
 *
 * @param depth the iterations whose operands shared memory has room for; 1 where nothing is ahead
 * @param async true where the copies need no registers
 */
record CopyAhead(int depth, boolean async) {
  private static final int MOST_DEPTH = 4;

  /** What the compiler is told to leave registers for: see DeviceEmitter. */
  static final long RESIDENT_THREADS = 512;

  /**
   * What fits shared memory.
   *
   * @param bytes of the operands of one iteration
   * @param others bytes that a block needs beside them
   */
  static List<CopyAhead> fitting(CudaTarget gpu, long bytes, long others) {
    List<CopyAhead> all = new ArrayList<>(List.of(new CopyAhead(1, false)));
    if (2 * bytes + others <= CudaTarget.STATIC_SHARED_BYTES) {
      all.add(new CopyAhead(2, false));
    }
    for (int depth = 2; depth <= MOST_DEPTH && gpu.hasAsyncCopies(); depth++) {
      if (depth * bytes + others <= gpu.sharedBytesPerBlock()) {
        all.add(new CopyAhead(depth, true));
      }
    }
    return all;
  }

  /**
   * Asynchronously and as far as leaves as many blocks on a multiprocessor as registers do, where
   * the device can; else one iteration through registers.
   *
   * @param others bytes that a block needs beside the operands
   * @param blocks for which a multiprocessor has registers
   */
  static CopyAhead preferred(
      List<CopyAhead> fitting, CudaTarget gpu, long bytes, long others, long blocks) {
    CopyAhead best = fitting.get(Math.min(1, fitting.size() - 1));
    for (CopyAhead ahead : fitting) {
      long block = ahead.depth * bytes + others;
      boolean resident = blocks * block <= gpu.sharedBytesPerMultiprocessor();
      best = ahead.async && (resident || !best.async) ? ahead : best;
    }
    return best;
  }

  @Override
  public String toString() {
    return async ? depth + " async" : Integer.toString(depth);
  }
}
