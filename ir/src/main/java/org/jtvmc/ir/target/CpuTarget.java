package org.jtvmc.ir.target;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A CPU.
 *
 * @param triple LLVM's target triple, such as {@code x86_64-unknown-linux-gnu}
 * @param cpu LLVM's name of the processor, such as {@code znver5}
 * @param features LLVM's names of the features that are there, without signs
 * @param cores the threads that a kernel runs on
 * @param caches the sizes of one core's view of the memory hierarchy
 */
public record CpuTarget(
    String triple, String cpu, SortedSet<String> features, int cores, Caches caches)
    implements Target {

  /** The most that one thread's buffers take of its stack: it may have little more than 1 MiB. */
  public static final long MOST_STACK_BYTES = 512L << 10;

  /** Data cache sizes in bytes; L3 is shared by the cores. A size of zero means none. */
  public record Caches(long l1, long l2, long l3) {
    /** What most server cores of the last years have: used where nothing is known. */
    public static final Caches TYPICAL = new Caches(32L << 10, 1L << 20, 16L << 20);
  }

  public CpuTarget {
    features = Collections.unmodifiableSortedSet(new TreeSet<>(features));
    if (cores < 1) {
      throw new IllegalArgumentException("a target has at least one core, not " + cores);
    }
  }

  @Override
  public String kind() {
    return "llvm";
  }

  /** The width of the widest vector registers, in bits. */
  public int vectorBits() {
    if (features.contains("avx512f")) {
      return 512;
    }
    return features.contains("avx") ? 256 : 128;
  }

  /** The number of architectural vector registers. */
  public int vectorRegisters() {
    return features.contains("avx512f") || !isX86() ? 32 : 16;
  }

  /** Lanes of one vector register for elements of {@code bytes} bytes. */
  public int lanes(int bytes) {
    return vectorBits() / 8 / bytes;
  }

  public boolean isX86() {
    return triple.startsWith("x86_64");
  }

  /** True where lanes of loads and stores can be masked at no great cost. */
  public boolean hasMaskedMemory() {
    return features.contains("avx512f") || features.contains("avx2") || features.contains("sve");
  }

  public CpuTarget withCores(int other) {
    return new CpuTarget(triple, cpu, features, other, caches);
  }

  @Override
  public String toString() {
    return "llvm -mcpu=" + cpu + " -num-cores=" + cores;
  }
}
