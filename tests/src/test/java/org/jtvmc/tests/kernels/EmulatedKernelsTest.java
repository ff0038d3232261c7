package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What is made for GPUs, run thread by thread on this machine's CPU from the very LLVM IR of which
 * PTX is made, computes what the CPU's own code does; no access is misaligned, out of bounds, or a
 * race. {@code jtvmc.device.models} are the models whose kernels are run: see {@link ZooKernels}.
 */
class EmulatedKernelsTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261127);
  private static final int SCHEDULES = Integer.getInteger("jtvmc.schedules", 4);
  private static final double TOLERANCE = 1e-4;

  /** Of float16: sums that differ a little may be rounded apart. */
  private static final double STORED_TOLERANCE = 1e-3;

  private static final CpuTarget HOST = HostCpu.detect().target();
  private static final CudaTarget GPU =
      CudaTarget.typical(Integer.getInteger("jtvmc.device.arch", 80));
  private static byte[] threads;
  private static KernelCompiler compiler;
  private static KernelRuntime runtime;
  private static ThreadPool pool;

  @BeforeAll
  static void open() {
    threads = DeviceThreads.build();
    compiler = new KernelCompiler(HOST);
    runtime = new KernelRuntime();
    pool = runtime.newPool(2);
  }

  @AfterAll
  static void close() {
    pool.close();
    runtime.close();
    compiler.close();
  }

  @TestFactory
  Stream<DynamicTest> everyScheduleComputesWhatTheCpuDoes() {
    return Computations.all().entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey() + ", seed " + SEED, () -> checkMany(entry.getValue())));
  }

  @TestFactory
  Stream<DynamicTest> everyKernelOfAModelComputesWhatTheCpuDoes() {
    return ZooKernels.chosen().entrySet().stream()
        .map(
            kernel ->
                DynamicTest.dynamicTest(kernel.getKey(), () -> checkDefault(kernel.getValue())));
  }

  private static void checkDefault(ComputeDag dag) {
    Map<Tensor, NDArray> inputs = inputs(dag);
    check(DesignSpace.of(dag, GPU).defaultCandidate(), inputs, expected(dag, inputs));
  }

  private static void checkMany(ComputeDag dag) {
    Map<Tensor, NDArray> inputs = inputs(dag);
    List<NDArray> expected = expected(dag, inputs);
    DesignSpace space = DesignSpace.of(dag, GPU);
    SplittableRandom random = new SplittableRandom(SEED);
    List<Candidate> candidates = new ArrayList<>(List.of(space.defaultCandidate()));
    candidates.add(new Candidate(DesignSpace.plain(dag, GPU), List.of()));
    for (int i = 0; i < SCHEDULES; i++) {
      candidates.add(space.random(random));
    }
    candidates.forEach(candidate -> check(candidate, inputs, expected));
  }

  private static Map<Tensor, NDArray> inputs(ComputeDag dag) {
    SplittableRandom random = new SplittableRandom(SEED);
    Map<Tensor, NDArray> inputs = new HashMap<>();
    for (Tensor input : dag.inputs()) {
      NDArray array = NDArray.allocate(ScheduledKernel.type(input.dtype(), input.shape()));
      for (long i = 0; i < array.elements(); i++) {
        if (input.dtype().isFloat()) {
          array.setDouble(i, random.nextDouble() + 0.25);
        } else {
          array.setLong(i, random.nextInt(2));
        }
      }
      inputs.put(input, array);
    }
    return inputs;
  }

  private static List<NDArray> expected(ComputeDag dag, Map<Tensor, NDArray> inputs) {
    Candidate candidate = DesignSpace.of(dag, HOST).defaultCandidate();
    var lowered = Lowering.lower(candidate.schedule(), "kernel");
    return new ScheduledKernel(lowered, compiler, runtime)
        .run(ofStrategy(candidate, inputs), Optional.of(pool));
  }

  /** Another strategy has inputs of its own, in the same order. */
  private static Map<Tensor, NDArray> ofStrategy(Candidate candidate, Map<Tensor, NDArray> inputs) {
    ComputeDag dag = candidate.schedule().dag();
    Map<Tensor, NDArray> contents = new HashMap<>();
    for (int i = 0; i < dag.inputs().size(); i++) {
      contents.put(dag.inputs().get(i), inputs.get(dag.canonical().inputs().get(i)));
    }
    return contents;
  }

  private static void check(
      Candidate candidate, Map<Tensor, NDArray> inputs, List<NDArray> expected) {
    var lowered = Lowering.lower(candidate.schedule(), "kernel");
    EmulatedKernel kernel = new EmulatedKernel(lowered, GPU, HOST, threads);
    try {
      List<NDArray> actual = kernel.run(ofStrategy(candidate, inputs));
      for (int output = 0; output < expected.size(); output++) {
        compare(expected.get(output), actual.get(output));
      }
    } catch (AssertionError e) {
      throw new AssertionError(
          "%s%n%s%n%s".formatted(e.getMessage(), candidate.values(), lowered.func()), e);
    }
  }

  /** Relative to the largest element: sums of as many products differ by their order. */
  private static void compare(NDArray expected, NDArray actual) {
    double tolerance = expected.dtype().bytes() == 2 ? STORED_TOLERANCE : TOLERANCE;
    double largest = 0;
    for (long i = 0; i < expected.elements(); i++) {
      largest = Math.max(largest, Math.abs(expected.getDouble(i)));
    }
    for (long i = 0; i < expected.elements(); i++) {
      double a = expected.getDouble(i);
      double b = actual.getDouble(i);
      // Written so that a NaN fails.
      if (!(Math.abs(a - b) <= tolerance * largest || Double.compare(a, b) == 0)) {
        fail("element %d is %s, not %s".formatted(i, b, a));
      }
    }
  }
}
