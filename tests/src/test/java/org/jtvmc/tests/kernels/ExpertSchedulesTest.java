package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.examples.ExpertSchedule;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.measure.wire.LoopDigest;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * For each workload the schedule that an expert writes by hand is one that the rules build: the
 * loops are the same, in whatever order he takes his steps. And it computes what plain loops do.
 */
class ExpertSchedulesTest {
  private static final CpuTarget TARGET = WorkloadKernels.target(HostCpu.detect().target());
  private static final double TOLERANCE = 2e-3;

  private static Stream<DynamicTest> each(Check check) throws IOException {
    return WorkloadKernels.names().stream()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name,
                    () ->
                        check.run(
                            WorkloadKernels.main(name),
                            ExpertSchedule.of(WorkloadKernels.file(name)).orElseThrow())));
  }

  @FunctionalInterface
  private interface Check {
    void run(ComputeDag dag, ExpertSchedule expert);
  }

  @TestFactory
  Stream<DynamicTest> theRulesBuildTheExpertsLoops() throws IOException {
    return each(
        (dag, expert) -> {
          LoweredKernel own = Lowering.lower(Schedule.replay(dag, expert.steps()), "kernel");
          Candidate candidate = DesignSpace.of(dag, TARGET).replay(expert.decisions());
          assertEquals(
              new TreeMap<>(expert.decisions()),
              new TreeMap<>(candidate.values()),
              "all decisions are the expert's");
          LoweredKernel built = Lowering.lower(candidate.schedule(), "kernel");
          if (!LoopDigest.of(own).equals(LoopDigest.of(built))) {
            assertEquals(own.func().toString(), built.func().toString());
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> theExpertsLoopsComputeWhatPlainOnesDo() throws IOException {
    return each(
        (dag, expert) -> {
          CpuTarget host = HostCpu.detect().target();
          try (KernelCompiler compiler = new KernelCompiler(host);
              KernelRuntime runtime = new KernelRuntime();
              ThreadPool pool = runtime.newPool(2)) {
            Map<Tensor, NDArray> inputs = inputs(dag);
            List<NDArray> expected =
                new ScheduledKernel(
                        Lowering.lower(DesignSpace.plain(dag, host), "plain"), compiler, runtime)
                    .run(inputs, Optional.empty());
            Schedule schedule = Schedule.replay(dag, expert.steps());
            List<NDArray> actual =
                new ScheduledKernel(Lowering.lower(schedule, "kernel"), compiler, runtime)
                    .run(sameInputs(dag, schedule.dag(), inputs), Optional.of(pool));
            for (int output = 0; output < expected.size(); output++) {
              compare(expected.get(output), actual.get(output));
            }
          }
        });
  }

  /** What another strategy's inputs hold, which are tensors of its own in the same order. */
  private static Map<Tensor, NDArray> sameInputs(
      ComputeDag dag, ComputeDag strategy, Map<Tensor, NDArray> inputs) {
    Map<Tensor, NDArray> same = new HashMap<>();
    for (int i = 0; i < dag.inputs().size(); i++) {
      same.put(strategy.inputs().get(i), inputs.get(dag.inputs().get(i)));
    }
    return same;
  }

  private static Map<Tensor, NDArray> inputs(ComputeDag dag) {
    Map<Tensor, NDArray> inputs = new HashMap<>();
    SplittableRandom random = new SplittableRandom(20261127);
    for (Tensor input : dag.inputs()) {
      NDArray array = NDArray.allocate(ScheduledKernel.type(input.dtype(), input.shape()));
      for (long i = 0; i < array.elements(); i++) {
        array.setDouble(i, random.nextDouble() - 0.5);
      }
      inputs.put(input, array);
    }
    return inputs;
  }

  private static void compare(NDArray expected, NDArray actual) {
    for (long i = 0; i < expected.elements(); i++) {
      double a = expected.getDouble(i);
      double b = actual.getDouble(i);
      if (!(Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a)))) {
        fail("element %d is %s, not %s".formatted(i, b, a));
      }
    }
  }
}
