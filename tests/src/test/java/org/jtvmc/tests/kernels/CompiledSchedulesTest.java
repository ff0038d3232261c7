package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.kernel.KernelObject;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.CompiledKernel;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.lower.PackedConstant;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
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

  private static void checkMany(ComputeDag dag) {
    DesignSpace space = DesignSpace.of(dag, TARGET);
    Map<Tensor, NDArray> inputs = new HashMap<>();
    SplittableRandom random = new SplittableRandom(SEED);
    for (Tensor input : dag.inputs()) {
      NDArray array = NDArray.allocate(type(input.dtype(), input.shape()));
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
    KernelObject object = compiler.compile(lowered.func());
    try (Arena arena = Arena.ofConfined();
        CompiledKernel kernel = new CompiledKernel(runtime, "kernel", object.code())) {
      List<MemorySegment> buffers = new ArrayList<>();
      arguments(lowered, inputs).forEach(array -> buffers.add(array.data()));
      List<NDArray> results = new ArrayList<>();
      for (Buffer output : lowered.func().outputs()) {
        NDArray result = NDArray.allocate(type(output.dtype(), output.shape()));
        results.add(result);
        buffers.add(result.data());
      }
      long workspace = object.kernel("kernel").workspaceBytes();
      if (workspace > 0) {
        buffers.add(arena.allocate(workspace, 64));
      }
      for (Optional<ThreadPool> threads :
          List.of(Optional.<ThreadPool>empty(), Optional.of(pool))) {
        results.forEach(result -> result.data().fill((byte) 0x5a));
        kernel.run(buffers, threads);
        compare(candidate, lowered, expected, results);
      }
    }
  }

  private static List<NDArray> arguments(LoweredKernel lowered, Map<Tensor, NDArray> inputs) {
    List<NDArray> arguments = new ArrayList<>();
    for (int i = 0; i < lowered.sources().size(); i++) {
      Buffer parameter = lowered.func().inputs().get(i);
      NDArray given = inputs.get(lowered.sources().get(i));
      for (PackedConstant packed : lowered.packed()) {
        if (packed.packed() == parameter) {
          NDArray rewritten = NDArray.allocate(type(parameter.dtype(), parameter.shape()));
          LoopInterpreter.run(packed.packing(), List.of(given), List.of(rewritten));
          given = rewritten;
        }
      }
      arguments.add(given);
    }
    return arguments;
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

  private static TensorType type(DType dtype, List<PrimExpr> shape) {
    long[] sizes = shape.stream().mapToLong(size -> ((IntImm) size).value()).toArray();
    return TensorType.of(dtype, sizes);
  }
}
