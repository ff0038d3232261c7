package org.jtvmc.codegen.load;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jtvmc.codegen.llvm.Jit;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.llvm.TileState;
import org.jtvmc.codegen.runtime.RuntimePart;
import org.jtvmc.codegen.runtime.RuntimeResources;

/**
 * The native runtime in this process, on which JIT-compiled kernels run. One serves any number of
 * kernels and pools; it is closed after them.
 */
public final class KernelRuntime implements AutoCloseable {

  /** What kernels may call. */
  static final String PARALLEL_FOR = "jtvmc_parallel_for";

  static final FunctionDescriptor KERNEL = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS);

  private static final FunctionDescriptor MEASURE =
      FunctionDescriptor.of(
          JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS);

  private final Jit jit = new Jit();
  private final MethodHandle createPool;
  private final MethodHandle destroyPool;
  private final MethodHandle bindPool;
  private final MethodHandle cpuCount;
  private final MethodHandle measure;
  private final MethodHandle releaseTexts;
  private final MemorySegment parallelFor;
  private boolean hostLoaded;

  public KernelRuntime() {
    // Kernels for this machine may use them; where they are refused, HostCpu leaves them out.
    TileState.isGranted();
    addTo(jit, RuntimePart.KERNEL);
    createPool = function("jtvmc_pool_create", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    destroyPool = function("jtvmc_pool_destroy", FunctionDescriptor.ofVoid(ADDRESS));
    bindPool = function("jtvmc_pool_bind", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    cpuCount = function("jtvmc_cpu_count", FunctionDescriptor.of(JAVA_INT));
    measure = function("jtvmc_measure", MEASURE);
    releaseTexts = function("jtvmc_texts_release", FunctionDescriptor.ofVoid(ADDRESS));
    parallelFor = jit.lookup(PARALLEL_FOR);
  }

  private MethodHandle function(String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(jit.lookup(name), type);
  }

  /** The cores this process may use: affinity mask and cgroup quota considered. */
  public int cpuCount() {
    try {
      return (int) cpuCount.invokeExact();
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /**
   * A pool whose threads start with its first loop.
   *
   * @param threads the number of threads, the caller included; 0 means {@link #cpuCount()}
   */
  public ThreadPool newPool(int threads) {
    return new ThreadPool(createPool, destroyPool, threads);
  }

  /**
   * A pool to measure on: its threads have a core each and stay there, the caller while it measures
   * ({@link CompiledKernel#measure}), the others always. Where there are fewer cores than threads,
   * none is bound.
   */
  public ThreadPool newMeasuringPool(int threads) {
    ThreadPool pool = newPool(threads);
    try {
      int bound = (int) bindPool.invokeExact(pool.address());
      assert bound == 0 || bound == 1;
      return pool;
    } catch (Throwable e) {
      pool.close();
      throw Downcalls.unexpected(e);
    }
  }

  /** Makes the runtime's functions visible to a kernel's code. */
  void defineIn(Jit kernel) {
    kernel.define(PARALLEL_FOR, parallelFor);
  }

  /**
   * A function of the runtime that runs between kernels.
   *
   * @param symbol its name
   */
  synchronized MemorySegment hostFunction(String symbol) {
    if (!hostLoaded) {
      addTo(jit, RuntimePart.HOST);
      hostLoaded = true;
    }
    return jit.lookup(symbol);
  }

  /** Frees the texts that functions of the runtime have made in that memory. */
  public void releaseTexts(MemorySegment texts) {
    try {
      releaseTexts.invokeExact(texts);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  private static void addTo(Jit jit, RuntimePart part) {
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(RuntimeResources.BASELINE)) {
      jit.addObject(RuntimeResources.module(part, context).emitObject(machine));
    }
  }

  MethodHandle measure() {
    return measure;
  }

  @Override
  public void close() {
    jit.close();
  }
}
