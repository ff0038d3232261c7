package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.device.EmulatedKernel;

/** Candidates of products whose sums are exact, in the emulation of a device and by ptxas. */
final class ProductEmulation {
  private static final CpuTarget HOST = HostCpu.detect().target();

  private ProductEmulation() {}

  /**
   * Runs a candidate, whose result must be the evaluator's to the last bit.
   *
   * @param dag the product; the candidate may be of one of its strategies
   * @param threads the emulation, as {@code DeviceThreads.build} makes it
   */
  static EmulatedKernel check(ComputeDag dag, Candidate candidate, CudaTarget gpu, byte[] threads) {
    Map<Tensor, NDArray> inputs = NarrowProduct.inputs(dag);
    NDArray expected = TensorEvaluator.evaluate(dag.outputs(), inputs).getFirst();
    EmulatedKernel kernel =
        new EmulatedKernel(Lowering.lower(candidate.schedule(), "kernel"), gpu, HOST, threads);
    ComputeDag strategy = candidate.schedule().dag();
    NDArray actual = kernel.run(NarrowProduct.ofStrategy(inputs, dag, strategy)).getFirst();
    assertSame(expected, actual, candidate);
    return kernel;
  }

  /** The same for the loops, in the interpreter, which finds races and what else goes wrong. */
  static LoweredKernel checkLoops(ComputeDag dag, Candidate candidate) {
    Map<Tensor, NDArray> inputs = NarrowProduct.inputs(dag);
    NDArray expected = TensorEvaluator.evaluate(dag.outputs(), inputs).getFirst();
    LoweredKernel kernel = Lowering.lower(candidate.schedule(), "kernel");
    Map<Tensor, NDArray> own = NarrowProduct.ofStrategy(inputs, dag, candidate.schedule().dag());
    List<NDArray> given = new ArrayList<>();
    for (int i = 0; i < kernel.sources().size(); i++) {
      given.add(ScheduledKernel.argument(kernel, i, own));
    }
    NDArray actual = NDArray.allocate(expected.type());
    LoopInterpreter.run(kernel.func(), given, List.of(actual));
    assertSame(expected, actual, candidate);
    return kernel;
  }

  static void assertSame(NDArray expected, NDArray actual, Candidate candidate) {
    for (long i = 0; i < actual.elements(); i++) {
      assertEquals(expected.getDouble(i), actual.getDouble(i), "element " + i + candidate.values());
    }
  }

  /** A candidate of which groups of warps multiply; its other decisions are random. */
  static Candidate inGroups(ComputeDag dag, CudaTarget gpu, SplittableRandom random) {
    DesignSpace space = DesignSpace.of(dag, gpu);
    for (int i = 0; i < 100; i++) {
      Candidate candidate = space.random(random);
      if (candidate.values().containsValue("groups")) {
        return candidate;
      }
    }
    throw new AssertionError("no candidate has groups of warps multiply");
  }

  /** {@code ptxas}, where there is one that knows the device, takes the code as it is. */
  static void assertNoRemarks(String ptx, CudaTarget gpu) {
    Ptxas.find()
        .filter(found -> found.knows(gpu))
        .ifPresent(found -> assertEquals(List.of(), found.remarks(ptx, gpu)));
  }
}
