package org.jtvmc.ir.target;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A GPU of the CUDA family. What is the same for every device of an architecture follows from
 * {@code arch}; the components are what differs between devices.
 *
 * @param arch the compute capability as in {@code sm_90}: 90
 * @param specific true for code that devices of later architectures do not run, and that may use
 *     what only this one has: {@code sm_90a}
 * @param multiprocessors streaming multiprocessors
 * @param sharedBytesPerBlock the most shared memory of one block, when it opts in
 * @param sharedBytesPerMultiprocessor what the resident blocks of one multiprocessor share out
 * @param l2Bytes the size of the L2 cache
 * @param bandwidthBytes of device memory, in bytes a second
 * @param clockHertz the highest clock of the multiprocessors
 * @param tiles true where code may have boxes of tensors copied by the device alone, as that of
 *     {@code sm_90a} can (the tensor memory accelerator, TMA)
 */
public record CudaTarget(
    int arch,
    boolean specific,
    int multiprocessors,
    long sharedBytesPerBlock,
    long sharedBytesPerMultiprocessor,
    long l2Bytes,
    long bandwidthBytes,
    long clockHertz,
    boolean tiles)
    implements Target {

  /** Threads that execute in step. */
  public static final int WARP = 32;

  /** The most threads of one block. */
  public static final int THREADS_PER_BLOCK = 1024;

  /** The most registers of one thread. */
  public static final int REGISTERS_PER_THREAD = 255;

  /** 32-bit registers of one multiprocessor. */
  public static final int REGISTERS_PER_MULTIPROCESSOR = 64 << 10;

  /** The architecture whose warps can multiply in groups of four, in its specific code. */
  private static final int WARPGROUP_ARCH = 90;

  /** Shared memory that a block may have without opting in. */
  public static final long STATIC_SHARED_BYTES = 48L << 10;

  /** What starting a kernel in a stream takes, in seconds. */
  public static final double LAUNCH_SECONDS = 2e-6;

  /**
   * Cycles until the last of some blocks has seen that it is the last, and has the first of what it
   * reads: writing, the atomic operation and reading each go to the L2 cache and back.
   */
  public static final double COUNTING_CYCLES = 2000;

  /** Bytes that a multiprocessor gets of shared memory in a cycle. */
  public static final double SHARED_BYTES_PER_CYCLE = 128;

  /** Bytes that a multiprocessor gets of the L2 cache in a cycle where all of them read. */
  public static final double L2_BYTES_PER_CYCLE = 32;

  /** Bytes that it gets where few do: what its port takes. */
  private static final double MOST_L2_BYTES_PER_CYCLE = 64;

  /** A device of each architecture: the one that most data centres have. */
  private static final List<CudaTarget> KNOWN =
      List.of(
          device(70, 80, 96, 96, 6, 900, 1530),
          device(75, 40, 64, 64, 4, 320, 1590),
          device(80, 108, 163, 164, 40, 2039, 1410),
          device(86, 72, 99, 100, 6, 600, 1695),
          device(89, 142, 99, 100, 96, 864, 2520),
          device(90, 132, 227, 228, 50, 3350, 1980),
          device(100, 148, 227, 228, 126, 8000, 1965));

  public CudaTarget {
    if (multiprocessors < 1 || sharedBytesPerBlock < 1 || bandwidthBytes < 1 || clockHertz < 1) {
      throw new IllegalArgumentException("a GPU has at least one of everything");
    }
    if (specific && !hasSpecific(arch)) {
      throw new IllegalArgumentException(
          "sm_%da has nothing that sm_%d has not".formatted(arch, arch));
    }
  }

  /** A device whose code uses all that its architecture has. */
  public CudaTarget(
      int arch,
      boolean specific,
      int multiprocessors,
      long sharedBytesPerBlock,
      long sharedBytesPerMultiprocessor,
      long l2Bytes,
      long bandwidthBytes,
      long clockHertz) {
    this(
        arch,
        specific,
        multiprocessors,
        sharedBytesPerBlock,
        sharedBytesPerMultiprocessor,
        l2Bytes,
        bandwidthBytes,
        clockHertz,
        specific);
  }

  private static CudaTarget device(
      int arch,
      int multiprocessors,
      long blockKib,
      long multiprocessorKib,
      long l2Mib,
      long gigabytes,
      long megahertz) {
    return new CudaTarget(
        arch,
        false,
        multiprocessors,
        blockKib << 10,
        multiprocessorKib << 10,
        l2Mib << 20,
        gigabytes * 1_000_000_000,
        megahertz * 1_000_000);
  }

  /** The architectures of which a device is known, ascending. */
  public static List<Integer> architectures() {
    return KNOWN.stream().map(CudaTarget::arch).toList();
  }

  /** The names of all targets, as in {@code -arch=sm_90a}. */
  public static List<String> names() {
    return architectures().stream()
        .flatMap(arch -> Stream.of(typical(arch), typical(arch).mostSpecific()))
        .map(CudaTarget::name)
        .distinct()
        .toList();
  }

  /**
   * The figures of a usual device of an architecture: of the newest known one that is not newer.
   *
   * @param arch as in {@code sm_90}; at least 70
   */
  public static CudaTarget typical(int arch) {
    CudaTarget nearest = KNOWN.getFirst();
    for (CudaTarget known : KNOWN) {
      if (known.arch <= arch) {
        nearest = known;
      }
    }
    return nearest.with(arch, false);
  }

  /** True where there is code that uses what an architecture has and later ones have not. */
  public static boolean hasSpecific(int arch) {
    return arch == WARPGROUP_ARCH;
  }

  /**
   * The same device with its specific code where there is one: {@code sm_90a} for {@code sm_90}.
   */
  public CudaTarget mostSpecific() {
    return with(arch, hasSpecific(arch));
  }

  private CudaTarget with(int otherArch, boolean otherSpecific) {
    return new CudaTarget(
        otherArch,
        otherSpecific,
        multiprocessors,
        sharedBytesPerBlock,
        sharedBytesPerMultiprocessor,
        l2Bytes,
        bandwidthBytes,
        clockHertz);
  }

  @Override
  public String kind() {
    return "cuda";
  }

  @Override
  public SortedSet<String> features() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(List.of(name())));
  }

  /** {@code sm_90}, or {@code sm_90a}. */
  public String name() {
    return "sm_" + arch + (specific ? "a" : "");
  }

  /** The most threads that are resident on one multiprocessor. */
  public int threadsPerMultiprocessor() {
    return switch (arch) {
      case 75 -> 1024;
      case 86, 87, 89, 120 -> 1536;
      default -> 2048;
    };
  }

  /** The most blocks that are resident on one multiprocessor. */
  public int blocksPerMultiprocessor() {
    return switch (arch) {
      case 75, 86, 87 -> 16;
      case 89 -> 24;
      default -> 32;
    };
  }

  /** Float32 multiply-adds that one multiprocessor starts in a cycle. */
  public int fmaPerCycle() {
    return arch <= 80 ? 64 : 128;
  }

  /**
   * Multiply-adds that the tensor cores of one multiprocessor start in a cycle, of dense matrices
   * (the architectures' white papers).
   *
   * @param bytes the size of a factor: 1 of int8, 2 of float16 and bfloat16, 4 of tf32
   */
  public double coreProductsPerCycle(int bytes) {
    double halves =
        switch (arch) {
          case 80, 87 -> 1024;
          case 90 -> 2048;
          case 100, 103 -> 4096;
          default -> 512;
        };
    return halves * 2 / bytes;
  }

  /**
   * The part of that which warps are taken to reach, each for itself by {@code mma.sync}: less on
   * devices whose tensor cores are made for instructions of groups of warps.
   */
  public double reachedByWarps() {
    return switch (arch) {
      case 90, 100, 103 -> 0.6;
      default -> 0.85;
    };
  }

  /** The part of it that groups of warps are taken to reach by {@code wgmma}. */
  public double reachedByGroups() {
    return 0.9;
  }

  /**
   * Bytes that a multiprocessor gets of the L2 cache in a cycle.
   *
   * @param reading how many multiprocessors read at once; at least 1
   */
  public double l2BytesPerCycle(double reading) {
    return Math.min(MOST_L2_BYTES_PER_CYCLE, L2_BYTES_PER_CYCLE * multiprocessors / reading);
  }

  /** True where copies from global to shared memory need no registers: {@code cp.async}. */
  public boolean hasAsyncCopies() {
    return arch >= 80;
  }

  /** True where warps multiply tiles of numbers of 16 bits summed in float32: {@code mma.sync}. */
  public boolean hasTensorCores() {
    return arch >= 80;
  }

  /** True where boxes of tensors come to shared memory without threads. */
  public boolean hasTileCopies() {
    return tiles && hasWarpgroups();
  }

  /** The same device, whose code has threads copy all that they share. */
  public CudaTarget withoutTiles() {
    return new CudaTarget(
        arch,
        specific,
        multiprocessors,
        sharedBytesPerBlock,
        sharedBytesPerMultiprocessor,
        l2Bytes,
        bandwidthBytes,
        clockHertz,
        false);
  }

  /** True where the four warps of a group multiply together: {@code wgmma}. */
  public boolean hasWarpgroups() {
    return specific && arch == WARPGROUP_ARCH;
  }

  @Override
  public String toString() {
    CudaTarget typical = typical(arch);
    StringBuilder text = new StringBuilder("cuda -arch=" + name());
    option(text, "-num-sms", multiprocessors, typical.multiprocessors);
    option(text, "-shared-per-block", sharedBytesPerBlock, typical.sharedBytesPerBlock);
    option(
        text, "-shared-per-sm", sharedBytesPerMultiprocessor, typical.sharedBytesPerMultiprocessor);
    option(text, "-l2-bytes", l2Bytes, typical.l2Bytes);
    option(text, "-bandwidth", bandwidthBytes, typical.bandwidthBytes);
    option(text, "-clock", clockHertz, typical.clockHertz);
    option(text, "-tma", tiles ? 1 : 0, specific ? 1 : 0);
    return text.toString();
  }

  private static void option(StringBuilder text, String name, long value, long usual) {
    if (value != usual) {
      text.append(' ').append(name).append('=').append(value);
    }
  }
}
