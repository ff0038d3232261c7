package org.jtvmc.codegen.load;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.llvm.Jit;

/**
 * One kernel in memory: {@code int32_t kernel(void** buffers, jtvmc_pool* pool)}, with the data of
 * the inputs and then of the outputs. Closing it unmaps its code.
 */
public final class CompiledKernel implements AutoCloseable {

  private final String name;
  private final KernelRuntime runtime;
  private final Jit jit = new Jit();
  private final MemorySegment address;
  private final MethodHandle call;

  /**
   * @param runtime what the kernel runs on; outlives it
   * @param name the kernel's symbol
   * @param object an ELF object file that defines it
   * @throws CodegenException when the object needs what neither the runtime nor libc has
   */
  public CompiledKernel(KernelRuntime runtime, String name, byte[] object) {
    this.runtime = runtime;
    this.name = name;
    try {
      runtime.defineIn(jit);
      jit.addObject(object);
      address = jit.lookup(name);
    } catch (CodegenException e) {
      jit.close();
      throw e;
    }
    call = Linker.nativeLinker().downcallHandle(address, KernelRuntime.KERNEL);
  }

  /**
   * A function of the native runtime that runs between kernels and has a kernel's form.
   *
   * @param runtime outlives it
   * @param name the function's symbol
   */
  public CompiledKernel(KernelRuntime runtime, String name) {
    this.runtime = runtime;
    this.name = name;
    address = runtime.hostFunction(name);
    call = Linker.nativeLinker().downcallHandle(address, KernelRuntime.KERNEL);
  }

  /**
   * Runs the kernel once.
   *
   * @param buffers native memory: the data of the inputs, then of the outputs
   * @param pool the threads, or empty for the calling thread alone
   * @throws CodegenException when the kernel returns an error code
   */
  public void run(List<MemorySegment> buffers, Optional<ThreadPool> pool) {
    try (var arena = Arena.ofConfined()) {
      check((int) call.invokeExact(pointers(arena, buffers), poolAddress(pool)));
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /**
   * How a kernel is timed.
   *
   * @param repeat the number of samples
   * @param number the calls in each sample, without a pause between them
   * @param before what happens before each sample; empty for operands where the call before left
   *     them
   */
  public record Timing(int repeat, int number, Optional<Surroundings> before) {

    /** As fast as it gets: the operands are where the call before left them. */
    public static Timing warm(int repeat, int number) {
      return new Timing(repeat, number, Optional.empty());
    }
  }

  /**
   * Times the kernel in native code.
   *
   * @return for each sample the nanoseconds that one call took on average
   * @throws CodegenException when the kernel returns an error code
   */
  public double[] measure(List<MemorySegment> buffers, Optional<ThreadPool> pool, Timing timing) {
    try (var arena = Arena.ofConfined()) {
      var samples = arena.allocate(JAVA_DOUBLE, timing.repeat());
      check(
          (int)
              runtime
                  .measure()
                  .invokeExact(
                      address,
                      pointers(arena, buffers),
                      poolAddress(pool),
                      (long) timing.repeat(),
                      (long) timing.number(),
                      timing.before().map(b -> b.in(arena)).orElse(MemorySegment.NULL),
                      samples));
      return samples.toArray(JAVA_DOUBLE);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  private static MemorySegment pointers(Arena arena, List<MemorySegment> buffers) {
    var pointers = arena.allocate(ADDRESS, Math.max(1, buffers.size()));
    for (int i = 0; i < buffers.size(); i++) {
      pointers.setAtIndex(ADDRESS, i, buffers.get(i));
    }
    return pointers;
  }

  private static MemorySegment poolAddress(Optional<ThreadPool> pool) {
    return pool.map(ThreadPool::address).orElse(MemorySegment.NULL);
  }

  private void check(int code) {
    if (code != 0) {
      throw new CodegenException("kernel " + name + " failed with code " + code);
    }
  }

  @Override
  public void close() {
    jit.close();
  }
}
