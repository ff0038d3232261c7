package org.jtvmc.tuner.measure.worker;

import java.util.Optional;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;

/**
 * What a worker builds for and measures on.
 *
 * @param host the CPU: what is measured, or what finds the right answers where a GPU is measured
 * @param gpu the GPU to measure, where it is one
 * @param flush whether a GPU's L2 cache is emptied before each run, or a CPU's caches are left as
 *     the kernels of a network leave them to the next
 */
public record WorkerTarget(CpuTarget host, Optional<CudaTarget> gpu, boolean flush) {

  /** The CPU itself. */
  public static WorkerTarget of(CpuTarget cpu) {
    return new WorkerTarget(cpu, Optional.empty(), false);
  }

  /** The CPU, kernels being timed with the caches as they find them in a network. */
  public static WorkerTarget inNetwork(CpuTarget cpu) {
    return new WorkerTarget(cpu, Optional.empty(), true);
  }

  /** A GPU of this machine. */
  public static WorkerTarget of(CudaTarget gpu, CpuTarget host, boolean flush) {
    return new WorkerTarget(host, Optional.of(gpu), flush);
  }
}
