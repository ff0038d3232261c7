package org.jtvmc.codegen.peak;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.kernel.KernelObject;
import org.jtvmc.codegen.load.CompiledKernel;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;

/**
 * A kernel that reaches a peak, to be run in turn with kernels that are compared with it. Holds
 * native memory until it is closed, which its meter must outlive.
 */
public final class PeakRun implements Runnable, AutoCloseable {
  private final double work;
  private final Optional<ThreadPool> pool;
  private final CompiledKernel kernel;
  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> buffers = new ArrayList<>();

  PeakRun(
      KernelRuntime runtime,
      ThreadPool pool,
      PrimFunc function,
      KernelObject object,
      double work,
      float fill) {
    this.work = work;
    this.pool = Optional.of(pool);
    kernel = new CompiledKernel(runtime, function.name(), object.code());
    for (List<Buffer> group : List.of(function.inputs(), function.outputs())) {
      for (Buffer buffer : group) {
        buffers.add(filled(buffer, fill));
      }
    }
  }

  /** What one run does: operations, bytes or calls of a function. */
  public double work() {
    return work;
  }

  @Override
  public void run() {
    kernel.run(buffers, pool);
  }

  /** Nanoseconds of one run, for each sample the mean of {@code number} in a row. */
  double[] measure(int samples, int number) {
    return kernel.measure(buffers, pool, CompiledKernel.Timing.warm(samples, number));
  }

  private MemorySegment filled(Buffer buffer, float value) {
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
    kernel.close();
    arena.close();
  }
}
