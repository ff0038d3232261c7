package org.jtvmc.codegen.peak;

import org.jtvmc.ir.target.CpuTarget.Caches;

/** The levels of the memory hierarchy, the nearest first. */
public enum MemoryLevel {
  L1,
  L2,
  L3,
  DRAM;

  private static final long LEAST_DRAM_SAMPLE = 256L << 20;

  /**
   * The bytes that {@code threads} threads together can keep at this level.
   *
   * @return 0 where there is no such cache
   */
  public long capacity(Caches caches, int threads) {
    return switch (this) {
      case L1 -> caches.l1() * threads;
      case L2 -> caches.l2() * threads;
      case L3 -> caches.l3();
      case DRAM -> Long.MAX_VALUE;
    };
  }

  /** The nearest level that holds so many bytes. */
  public static MemoryLevel holding(long bytes, Caches caches, int threads) {
    for (MemoryLevel level : values()) {
      if (bytes <= level.capacity(caches, threads)) {
        return level;
      }
    }
    return DRAM;
  }

  /**
   * How much all threads read to measure this level: well within it, and too much for the level
   * above.
   *
   * @param memory bytes of main memory that may be used
   */
  long sample(Caches caches, int threads, long memory) {
    return switch (this) {
      case L1, L2 -> capacity(caches, threads) / 2;
      case L3 -> Math.min(4 * L2.capacity(caches, threads), caches.l3() / 2);
      case DRAM -> Math.min(Math.max(2 * caches.l3(), LEAST_DRAM_SAMPLE), memory / 2);
    };
  }
}
