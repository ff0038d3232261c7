package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jtvmc.codegen.cuda.DeviceCompiler;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The assembler of the CUDA toolkit accepts what is made for each architecture. Text for one that
 * the toolkit has given up is assembled for the oldest that it knows: every instruction is still
 * held against the architecture that the text itself names.
 */
class DeviceCodeTest {
  /** Code for one architecture alone, with what later ones have not. */
  private static final CudaTarget SPECIFIC = CudaTarget.typical(90).mostSpecific();

  private static final long SEED = Long.getLong("jtvmc.seed", 20261127);
  private static final CudaTarget OLDEST_KNOWN = CudaTarget.typical(75);

  @TestFactory
  Stream<DynamicTest> everyComputationAssembles() {
    return Stream.concat(
            Stream.of(70, 75, 80, 86, 90).map(CudaTarget::typical), Stream.of(SPECIFIC))
        .map(
            target ->
                DynamicTest.dynamicTest(
                    target.name(), () -> assemble(Computations.all(), target, true)));
  }

  @TestFactory
  Stream<DynamicTest> everyKernelOfAModelAssembles() {
    return Stream.of(CudaTarget.typical(80), CudaTarget.typical(90), SPECIFIC)
        .map(
            target ->
                DynamicTest.dynamicTest(
                    target.name(), () -> assemble(ZooKernels.chosen(target), target, false)));
  }

  /**
   * Three steps in straight code and a guarded store, where the copies go through registers: what
   * is multiplied would wait in registers for the store if it moved there.
   */
  @Test
  void sumsAreComputedBeforeTheBranchThatStoresThem() {
    var module =
        ModuleText.parse(
            """
            def @main(%x: Tensor[(1, 80, 80, 96), float32], %w: Tensor[(24, 96, 3, 3), float32])
                -> Tensor[(1, 80, 80, 24), float32] {
              nn.conv2d(%x, %w, data_layout="NHWC", padding=[1, 1, 1, 1])
            }
            """,
            OperatorRegistry.standard()::find);
    ComputeDag dag = FunctionLowering.lower(module.main(), parameter -> parameter > 0);
    assemble(Map.of("rows in straight code", dag), CudaTarget.typical(75), false);
  }

  /** The default schedules, which spill nothing, and ones at random. */
  private static void assemble(
      Map<String, ComputeDag> kernels, CudaTarget target, boolean randomToo) {
    Optional<Ptxas> found = Ptxas.find();
    assumeTrue(found.isPresent(), "the CUDA toolkit is not installed: no ptxas on the PATH");
    Ptxas ptxas = found.get();
    CudaTarget machine = ptxas.knows(target) ? target : OLDEST_KNOWN;
    assumeTrue(ptxas.knows(machine), "this ptxas knows no " + machine.name());
    SplittableRandom random = new SplittableRandom(SEED);
    try (DeviceCompiler compiler = new DeviceCompiler(target)) {
      for (var entry : kernels.entrySet()) {
        DesignSpace space = DesignSpace.of(entry.getValue(), target);
        for (boolean isDefault : randomToo ? List.of(true, false) : List.of(true)) {
          Candidate candidate = isDefault ? space.defaultCandidate() : space.random(random);
          DeviceKernel kernel =
              compiler.compile(Lowering.lower(candidate.schedule(), "kernel").func());
          check(entry.getKey(), kernel, ptxas.usage(kernel.ptx(), machine), target, isDefault);
        }
      }
    }
  }

  private static void check(
      String name,
      DeviceKernel kernel,
      Map<String, Ptxas.Usage> usages,
      CudaTarget target,
      boolean isDefault) {
    assertTrue(kernel.ptx().contains(".target " + target.name() + "\n"), name);
    assertEquals(kernel.launches().size(), usages.size(), name);
    for (Launch launch : kernel.launches()) {
      Ptxas.Usage usage = usages.get(launch.entry());
      int shared = launch.sharedBytes() + usage.sharedBytes();
      assertTrue(shared <= target.sharedBytesPerBlock(), name + ": " + shared);
      long registers = usage.registers() * launch.block().count();
      assertTrue(registers <= CudaTarget.REGISTERS_PER_MULTIPROCESSOR, name + ": " + registers);
      if (isDefault) {
        assertEquals(0, usage.spilledBytes(), name);
      }
    }
  }
}
