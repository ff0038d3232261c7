package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.fail;

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
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Whatever the schedule, the machine code computes what the tensor expressions say. The seed is a
 * system property, {@code jtvmc.seed}; {@code jtvmc.schedules} is the number of random schedules of
 * each computation.
 */
class CompiledSchedulesTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261122);
  private static final int SCHEDULES = Integer.getInteger("jtvmc.schedules", 6);
  private static final double TOLERANCE = 1e-4;

  private static final CpuTarget TARGET = host();
  private static KernelCompiler compiler;
  private static KernelRuntime runtime;
  private static ThreadPool pool;

  @BeforeAll
  static void open() {
    compiler = new KernelCompiler(TARGET);
    runtime = new KernelRuntime();
    pool = runtime.newPool(2);
  }

  @AfterAll
  static void close() {
    pool.close();
    runtime.close();
    compiler.close();
  }

  private static CpuTarget host() {
    HostCpu cpu = HostCpu.detect();
    return new CpuTarget(cpu.triple(), cpu.name(), cpu.features(), 2, CpuTarget.Caches.TYPICAL);
  }

  @TestFactory
  Stream<DynamicTest> machineCodeComputesWhatTheExpressionsSay() {
    return Computations.all().entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey() + ", seed " + SEED, () -> checkMany(entry.getValue())));
  }

  /** Columns that are no whole vectors, outside of the loop over the rows that pass together. */
  @Test
  void rowsNormalisedTogetherAreWhatTheExpressionsSay() {
    checkMany(Computations.layerNorm(8, 53));
  }

  private static void checkMany(ComputeDag dag) {
    DesignSpace space = DesignSpace.of(dag, TARGET);
    Map<Tensor, NDArray> inputs = new HashMap<>();
    SplittableRandom random = new SplittableRandom(SEED);
    for (Tensor input : dag.inputs()) {
      NDArray array = NDArray.allocate(ScheduledKernel.type(input.dtype(), input.shape()));
      for (long i = 0; i < array.elements(); i++) {
        array.setDouble(i, random.nextDouble() - 0.5);
      }
      inputs.put(input, array);
    }
    List<NDArray> expected = TensorEvaluator.evaluate(dag.outputs(), inputs);
    check(space.defaultCandidate(), inputs, expected);
    for (int i = 0; i < SCHEDULES; i++) {
      check(space.random(random), inputs, expected);
    }
  }

  private static void check(
      Candidate candidate, Map<Tensor, NDArray> inputs, List<NDArray> expected) {
    LoweredKernel lowered = Lowering.lower(candidate.schedule(), "kernel");
    // Another strategy has inputs of its own, in the same order.
    ComputeDag dag = candidate.schedule().dag();
    Map<Tensor, NDArray> contents = new HashMap<>();
    for (int i = 0; i < dag.inputs().size(); i++) {
      contents.put(dag.inputs().get(i), inputs.get(dag.canonical().inputs().get(i)));
    }
    for (Optional<ThreadPool> threads : List.of(Optional.<ThreadPool>empty(), Optional.of(pool))) {
      compare(
          candidate,
          lowered,
          expected,
          new ScheduledKernel(lowered, compiler, runtime).run(contents, threads));
    }
  }

  private static void compare(
      Candidate candidate, LoweredKernel lowered, List<NDArray> expected, List<NDArray> actual) {
    for (int output = 0; output < expected.size(); output++) {
      NDArray want = expected.get(output);
      for (long i = 0; i < want.elements(); i++) {
        double a = want.getDouble(i);
        double b = actual.get(output).getDouble(i);
        // Written so that a NaN fails.
        if (!(Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a)))) {
          fail(
              "element %d is %s, not %s%n%s%n%s"
                  .formatted(i, b, a, candidate.values(), lowered.func()));
        }
      }
    }
  }
}
