package org.jtvmc.codegen.peak;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.kernel.KernelObject;
import org.jtvmc.codegen.load.CompiledKernel;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.target.CpuTarget;

/**
 * Measures what the threads of this machine can do at best: the peaks that a kernel's speed is a
 * share of. A processor's clock depends on what its neighbours do, so that peak and kernel are
 * measured in the same run, in turn. Holds native code and threads until it is closed.
 */
public final class PeakMeter implements AutoCloseable {
  private static final long ROUNDS = 20_000;
  private static final long SHORT_ROUNDS = 150;
  private static final int SAMPLES = 9;
  private static final double SAMPLE_NANOS = 2e6;

  /** Read in one run at least, so that its beginning and end do not count. */
  private static final long READ_BYTES = 16L << 20;

  private final CpuTarget target;
  private final int threads;
  private final KernelRuntime runtime = new KernelRuntime();
  private final ThreadPool pool;
  private final KernelCompiler compiler;
  private final PeakKernels kernels;

  /**
   * @param target this machine
   * @param threads how many run at once
   */
  public PeakMeter(CpuTarget target, int threads) {
    this.target = target;
    this.threads = threads;
    this.pool = runtime.newPool(threads);
    this.compiler = new KernelCompiler(target);
    this.kernels = new PeakKernels(target, threads);
  }

  /** Billions of float32 operations a second, two for each multiply-add, on registers alone. */
  public double multiplyAddGflops() {
    double nanos = nanos(kernels.multiplyAdds(ROUNDS), 0.5f);
    return 2 * kernels.multiplyAddCount(ROUNDS) / nanos;
  }

  /**
   * Gigabytes (10^9 bytes) a second at which the threads together read {@code bytes} bytes again
   * and again, each its own part: the bandwidth of the nearest memory that holds them.
   */
  public double readGigabytesPerSecond(long bytes) {
    long blocks = Math.max(1, bytes / kernels.blockBytes());
    long passes = Math.max(1, READ_BYTES / bytes);
    return (double) blocks * kernels.blockBytes() * passes / nanos(kernels.read(blocks, passes), 1);
  }

  /**
   * The same for copying, where half of {@code bytes} is read and half written; both are counted.
   */
  public double copyGigabytesPerSecond(long bytes) {
    long blocks = Math.max(1, bytes / 2 / kernels.blockBytes());
    return 2 * blocks * kernels.blockBytes() / nanos(kernels.copy(blocks), 1);
  }

  /**
   * What a parallel loop costs whose threads have a microsecond's work each, over one thread's part
   * alone; 0 for one thread.
   */
  public double forkJoinMicroseconds() {
    return threads == 1
        ? 0
        : Math.max(
                0,
                nanos(kernels.multiplyAdds(SHORT_ROUNDS), 0.5f)
                    - nanos(new PeakKernels(target, 1).multiplyAdds(SHORT_ROUNDS), 0.5f))
            / 1e3;
  }

  /** The least time of a run, over samples of some milliseconds each. */
  private double nanos(PrimFunc function, float fill) {
    KernelObject object = compiler.compile(function);
    try (CompiledKernel kernel = new CompiledKernel(runtime, function.name(), object.code());
        Arena arena = Arena.ofConfined()) {
      List<MemorySegment> buffers = new ArrayList<>();
      for (List<Buffer> group : List.of(function.inputs(), function.outputs())) {
        for (Buffer buffer : group) {
          buffers.add(filled(arena, buffer, fill));
        }
      }
      double once = least(kernel, buffers, 3, 1);
      int number = (int) Math.clamp(SAMPLE_NANOS / once, 1, 1 << 20);
      return least(kernel, buffers, SAMPLES, number);
    }
  }

  private double least(
      CompiledKernel kernel, List<MemorySegment> buffers, int samples, int number) {
    return Arrays.stream(
            kernel.measure(buffers, Optional.of(pool), CompiledKernel.Timing.warm(samples, number)))
        .min()
        .orElseThrow();
  }

  private static MemorySegment filled(Arena arena, Buffer buffer, float value) {
    long elements =
        buffer.shape().stream()
            .mapToLong(size -> ((IntImm) size).value())
            .reduce(1, (a, b) -> a * b);
    MemorySegment memory = arena.allocate(elements * Float.BYTES, 64);
    for (long i = 0; i < elements; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
    return memory;
  }

  @Override
  public void close() {
    compiler.close();
    pool.close();
    runtime.close();
  }
}
