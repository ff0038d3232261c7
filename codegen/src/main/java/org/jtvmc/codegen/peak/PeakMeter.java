package org.jtvmc.codegen.peak;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.target.CpuTarget;

/**
 * Measures what the threads of this machine can do at best: the peaks that a kernel's speed is a
 * share of. A processor's clock depends on what its neighbours do, so that peak and kernel are
 * measured in the same run, in turn: {@link PeakRun}. Holds native code and threads until it is
 * closed.
 */
public final class PeakMeter implements AutoCloseable {
  private static final long ROUNDS = 20_000;
  private static final long FUNCTION_ROUNDS = 2_000;
  private static final long SHORT_ROUNDS = 150;

  /** Shorter than a scheduler's slice, so that some samples run while no other thread does. */
  private static final double SAMPLE_NANOS = 2e5;

  private static final double GROUP_NANOS = 4e6;
  private static final int GROUPS = 6;

  /** Between groups of samples: a thread of this process that compiles takes a core for as long. */
  private static final long PAUSE_NANOS = 8_000_000;

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

  /** Float32 operations, two for each multiply-add, on registers alone. */
  public PeakRun multiplyAdds() {
    return run(kernels.multiplyAdds(ROUNDS), 2 * kernels.multiplyAddCount(ROUNDS), 0.5f);
  }

  /** Exponentials of float32 numbers, on registers alone. */
  public PeakRun exponentials() {
    return run(
        kernels.exponentials(FUNCTION_ROUNDS), kernels.exponentialCount(FUNCTION_ROUNDS), 0.5f);
  }

  /**
   * One parallel loop that reads and writes memory, each thread its own part of it.
   *
   * @param read bytes, each once
   * @param written bytes elsewhere, each once
   */
  public PeakRun moving(long read, long written) {
    BlockMix mix = BlockMix.of(read, written, kernels.blockBytes());
    return run(
        mix.writes() == 0 ? kernels.read(mix.groups(), 1) : kernels.move(mix),
        (double) mix.blocks() * kernels.blockBytes(),
        1);
  }

  /** Billions of float32 operations a second, two for each multiply-add, on registers alone. */
  public double multiplyAddGflops() {
    try (PeakRun run = multiplyAdds()) {
      return run.work() / nanos(run);
    }
  }

  /**
   * Gigabytes (10^9 bytes) a second at which the threads together read {@code bytes} bytes again
   * and again, each its own part: the bandwidth of the nearest memory that holds them.
   */
  public double readGigabytesPerSecond(long bytes) {
    long blocks = Math.max(1, bytes / kernels.blockBytes());
    long passes = Math.max(1, READ_BYTES / bytes);
    double work = (double) blocks * kernels.blockBytes() * passes;
    try (PeakRun run = run(kernels.read(blocks, passes), work, 1)) {
      return run.work() / nanos(run);
    }
  }

  /**
   * What a parallel loop costs whose threads have a microsecond's work each, over one thread's part
   * alone; 0 for one thread.
   */
  public double forkJoinMicroseconds() {
    if (threads == 1) {
      return 0;
    }
    try (PeakRun all = run(kernels.multiplyAdds(SHORT_ROUNDS), 1, 0.5f);
        PeakRun one = run(new PeakKernels(target, 1).multiplyAdds(SHORT_ROUNDS), 1, 0.5f)) {
      return Math.max(0, nanos(all) - nanos(one)) / 1e3;
    }
  }

  private PeakRun run(PrimFunc function, double work, float fill) {
    return new PeakRun(runtime, pool, function, compiler.compile(function), work, fill);
  }

  /** The least time of a run, over groups of short samples with pauses between them. */
  private static double nanos(PeakRun run) {
    double least = least(run, 3, 1);
    int number = (int) Math.clamp(SAMPLE_NANOS / least, 1, 1 << 20);
    int samples = (int) Math.clamp(GROUP_NANOS / (number * least), 2, 1 << 10);
    for (int group = 0; group < GROUPS; group++) {
      if (group > 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      least = Math.min(least, least(run, samples, number));
    }
    return least;
  }

  private static double least(PeakRun run, int samples, int number) {
    return Arrays.stream(run.measure(samples, number)).min().orElseThrow();
  }

  @Override
  public void close() {
    compiler.close();
    pool.close();
    runtime.close();
  }
}
