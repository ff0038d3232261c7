package org.jtvmc.tests.kernels;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.kernels.AgainstCpu.Expected;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What is made for GPUs, run thread by thread on this machine's CPU from the very LLVM IR of which
 * PTX is made, computes what the CPU's own code does; no access is misaligned, out of bounds, or a
 * race. {@code jtvmc.device.models} are the models whose kernels are run: see {@link ZooKernels}.
 */
class EmulatedKernelsTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261127);
  private static final int SCHEDULES = Integer.getInteger("jtvmc.schedules", 4);
  private static final int WORKLOAD_SCHEDULES = Integer.getInteger("jtvmc.workload.schedules", 1);
  private static final long FEW_ACCESSES = 1_000_000;
  private static final CudaTarget GPU =
      CudaTarget.typical(Integer.getInteger("jtvmc.device.arch", 80));
  private static AgainstCpu cpu;

  @BeforeAll
  static void open() {
    cpu = new AgainstCpu();
  }

  @AfterAll
  static void close() {
    cpu.close();
  }

  @TestFactory
  Stream<DynamicTest> everyScheduleComputesWhatTheCpuDoes() {
    return Computations.all().entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey() + ", seed " + SEED,
                    () -> checkMany(entry.getValue(), SCHEDULES, Long.MAX_VALUE)));
  }

  @TestFactory
  Stream<DynamicTest> everyKernelOfAModelComputesWhatTheCpuDoes() {
    return ZooKernels.chosen(GPU).entrySet().stream()
        .map(
            kernel ->
                DynamicTest.dynamicTest(kernel.getKey(), () -> checkDefault(kernel.getValue())));
  }

  /** At their full sizes, of which the last launch runs as many blocks as time allows. */
  @TestFactory
  Stream<DynamicTest> schedulesOfWorkloadsComputeWhatTheCpuDoes() throws IOException {
    return WorkloadKernels.names().stream()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name + ", seed " + SEED,
                    () -> checkMany(WorkloadKernels.main(name), WORKLOAD_SCHEDULES, FEW_ACCESSES)));
  }

  /** The first element of a buffer once stood in the place of the zeros around it. */
  @Test
  void whatAGuardKeepsFromBeingReadIsZero() {
    Tensor x = Tensor.placeholder("x", DType.F32, 3);
    Tensor sums =
        Tensor.reduce(
            "sums",
            Reducer.SUM,
            x.shape(),
            Tensor.sizes(3),
            (i, r) -> {
              PrimExpr place = i.getFirst().plus(r.getFirst());
              return Select.of(
                  place.atLeast(1).and(place.lessThan(4)), x.at(place.minus(1)), FloatImm.f32(0));
            });
    Expected expected = new Expected(List.of(row(5, 6, 7)), List.of(row(11, 18, 13)));
    check(new Candidate(DesignSpace.plain(ComputeDag.of(List.of(sums)), GPU), List.of()), expected);
  }

  private static NDArray row(float... values) {
    NDArray row = NDArray.allocate(TensorType.of(DType.F32, values.length));
    for (int i = 0; i < values.length; i++) {
      row.setDouble(i, values[i]);
    }
    return row;
  }

  private static void checkDefault(ComputeDag dag) {
    check(DesignSpace.of(dag, GPU).defaultCandidate(), cpu.expected(dag));
  }

  private static void checkMany(ComputeDag dag, int schedules, long mostAccesses) {
    Expected expected = cpu.expected(dag);
    DesignSpace space = DesignSpace.of(dag, GPU);
    SplittableRandom random = new SplittableRandom(SEED);
    List<Candidate> candidates = new ArrayList<>(List.of(space.defaultCandidate()));
    if (mostAccesses == Long.MAX_VALUE) {
      candidates.add(new Candidate(DesignSpace.plain(dag, GPU), List.of()));
    }
    for (int i = 0; i < schedules; i++) {
      candidates.add(space.random(random));
    }
    candidates.forEach(candidate -> check(candidate, expected, mostAccesses));
  }

  private static void check(Candidate candidate, Expected expected) {
    check(candidate, expected, Long.MAX_VALUE);
  }

  private static void check(Candidate candidate, Expected expected, long mostAccesses) {
    var lowered = Lowering.lower(candidate.schedule(), "kernel");
    try {
      cpu.check(lowered, candidate.schedule().dag(), GPU, expected, mostAccesses);
    } catch (AssertionError e) {
      throw new AssertionError(
          "%s%n%s%n%s".formatted(e.getMessage(), candidate.values(), lowered.func()), e);
    }
  }
}
