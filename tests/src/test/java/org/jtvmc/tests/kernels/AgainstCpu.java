package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;

/** Kernels for GPUs, emulated, beside what the CPU's own code computes of the same inputs. */
final class AgainstCpu implements AutoCloseable {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261127);
  private static final CpuTarget HOST = HostCpu.detect().target();
  private static final int HOST_THREADS = 2;

  private final byte[] threads = DeviceThreads.build();
  private final KernelCompiler compiler = new KernelCompiler(HOST);
  private final KernelRuntime runtime = new KernelRuntime();
  private final ThreadPool pool = runtime.newPool(HOST_THREADS);

  /**
   * What a computation is given, and what comes of it.
   *
   * @param inputs in the order of the computation's
   * @param outputs in theirs
   */
  record Expected(List<NDArray> inputs, List<NDArray> outputs) {}

  /** Random inputs, and what the CPU makes of them with its default schedule. */
  Expected expected(ComputeDag dag) {
    ComputeDag canonical = dag.canonical();
    List<NDArray> inputs = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(SEED);
    canonical.inputs().forEach(input -> inputs.add(filled(input, random)));
    Candidate candidate = DesignSpace.of(canonical, HOST).defaultCandidate();
    var lowered = Lowering.lower(candidate.schedule(), "kernel");
    return new Expected(
        inputs,
        new ScheduledKernel(lowered, compiler, runtime)
            .run(given(candidate.schedule().dag(), inputs), Optional.of(pool)));
  }

  private static NDArray filled(Tensor input, SplittableRandom random) {
    NDArray array = NDArray.allocate(ScheduledKernel.type(input.dtype(), input.shape()));
    for (long i = 0; i < array.elements(); i++) {
      if (input.dtype().isFloat()) {
        array.setDouble(i, random.nextDouble() + 0.25);
      } else {
        array.setLong(i, random.nextInt(2));
      }
    }
    return array;
  }

  /** Another strategy has inputs of its own, in the same order. */
  private static Map<Tensor, NDArray> given(ComputeDag dag, List<NDArray> inputs) {
    Map<Tensor, NDArray> contents = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      contents.put(dag.inputs().get(i), inputs.get(i));
    }
    return contents;
  }

  /**
   * Emulates a kernel and compares.
   *
   * @param dag what it was scheduled from
   * @param mostAccesses of memory, after which its last launch begins no more blocks
   * @return what ran of it
   * @throws AssertionError where it does what it must not, or computes something else
   */
  EmulatedKernel.Result check(
      LoweredKernel lowered,
      ComputeDag dag,
      CudaTarget target,
      Expected expected,
      long mostAccesses) {
    EmulatedKernel kernel = new EmulatedKernel(lowered, target, HOST, threads);
    EmulatedKernel.Result actual = kernel.run(given(dag, expected.inputs()), mostAccesses);
    for (int output = 0; output < expected.outputs().size(); output++) {
      compare(
          expected.outputs().get(output),
          actual.outputs().get(output),
          actual.written().get(output));
    }
    return actual;
  }

  /** Relative to the largest element: sums of as many products differ by their order. */
  private static void compare(NDArray expected, NDArray actual, Optional<BitSet> written) {
    double largest = 0;
    for (long i = 0; i < expected.elements(); i++) {
      largest = Math.max(largest, Math.abs(expected.getDouble(i)));
    }
    double allowed = tolerance(expected.dtype()) * largest;
    long compared = 0;
    for (long i = 0; i < expected.elements(); i++) {
      if (written.isPresent() && !written.get().get(Math.toIntExact(i))) {
        continue;
      }
      compared++;
      double a = expected.getDouble(i);
      double b = actual.getDouble(i);
      // Written so that a NaN fails.
      if (!(Math.abs(a - b) <= allowed || Double.compare(a, b) == 0)) {
        fail("element %d is %s, not %s".formatted(i, b, a));
      }
    }
    if (compared == 0) {
      fail("nothing was computed");
    }
  }

  /** Sums that differ a little may be rounded apart: one unit in the last place. */
  private static double tolerance(DType dtype) {
    if (dtype.equals(DType.F16) || dtype.equals(DType.TF32)) {
      return 1e-3;
    }
    return dtype.bytes() == 2 ? 8e-3 : 1e-4;
  }

  @Override
  public void close() {
    pool.close();
    runtime.close();
    compiler.close();
  }
}
