package org.jtvmc.tuner.measure.worker;

import java.util.Optional;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;

/**
 * What a worker builds for and measures on.
 *
 * @param host the CPU: what is measured, or what finds the right answers where a GPU is measured
 * @param gpu the GPU to measure, where it is one
 * @param flush whether a GPU's L2 cache is emptied before each run
 */
public record WorkerTarget(CpuTarget host, Optional<CudaTarget> gpu, boolean flush) {

  /** The CPU itself. */
  public static WorkerTarget of(CpuTarget cpu) {
    return new WorkerTarget(cpu, Optional.empty(), false);
  }

  /** A GPU of this machine. */
  public static WorkerTarget of(CudaTarget gpu, CpuTarget host, boolean flush) {
    return new WorkerTarget(host, Optional.of(gpu), flush);
  }
}
