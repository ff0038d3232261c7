package org.jtvmc.ir.target;

/**
 * How many blocks of a kernel a multiprocessor holds at once: as many as its threads, its
 * registers, its shared memory and its number of blocks allow (CUDA C++ Programming Guide, compute
 * capabilities; the granularities are those of NVIDIA's occupancy calculator).
 *
 * @param blocks resident on one multiprocessor; 0 where the kernel cannot be launched
 * @param warps resident on one multiprocessor
 * @param share {@code warps} of the most that the multiprocessor holds, from 0 to 1
 */
public record Occupancy(int blocks, int warps, double share) {
  /** Registers are given to a warp in units of so many. */
  private static final int REGISTER_UNIT = 256;

  /** Warps get registers from one of the four parts of a multiprocessor. */
  private static final int PARTS = 4;

  /**
   * The occupancy of a kernel.
   *
   * @param threads of a block
   * @param registers of a thread
   * @param sharedBytes of a block
   */
  public static Occupancy of(CudaTarget target, int threads, int registers, long sharedBytes) {
    int warpsPerBlock = Math.ceilDiv(threads, CudaTarget.WARP);
    int mostWarps = target.threadsPerMultiprocessor() / CudaTarget.WARP;
    int byThreads = mostWarps / warpsPerBlock;
    int perWarp =
        Math.ceilDiv(Math.max(1, registers) * CudaTarget.WARP, REGISTER_UNIT) * REGISTER_UNIT;
    int warpsOfPart = CudaTarget.REGISTERS_PER_MULTIPROCESSOR / PARTS / perWarp;
    int byRegisters =
        registers > CudaTarget.REGISTERS_PER_THREAD ? 0 : warpsOfPart * PARTS / warpsPerBlock;
    long shared = roundedShared(target, sharedBytes);
    long byShared =
        sharedBytes > target.sharedBytesPerBlock()
            ? 0
            : shared == 0 ? Integer.MAX_VALUE : target.sharedBytesPerMultiprocessor() / shared;
    int blocks =
        (int)
            Math.min(
                Math.min(byThreads, byRegisters),
                Math.min(byShared, target.blocksPerMultiprocessor()));
    int warps = blocks * warpsPerBlock;
    return new Occupancy(blocks, warps, (double) warps / mostWarps);
  }

  /** What a block takes: from Ampere on the system keeps 1 KiB of each block's. */
  private static long roundedShared(CudaTarget target, long bytes) {
    long unit = target.arch() >= 80 ? 128 : 256;
    long reserved = target.arch() >= 80 ? 1024 : 0;
    return Math.ceilDiv(bytes, unit) * unit + reserved;
  }
}
