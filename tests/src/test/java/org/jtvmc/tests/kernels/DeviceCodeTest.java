package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.codegen.cuda.DeviceCompiler;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The assembler of the CUDA toolkit accepts what is made for each architecture. */
class DeviceCodeTest {

  @TestFactory
  Stream<DynamicTest> everyComputationAssembles() {
    return Stream.of(70, 75, 80, 86, 90)
        .map(
            arch ->
                DynamicTest.dynamicTest(
                    "sm_" + arch, () -> assemble(Computations.all(), CudaTarget.typical(arch))));
  }

  @TestFactory
  Stream<DynamicTest> everyKernelOfAModelAssembles() {
    return Stream.of(80, 90)
        .map(
            arch ->
                DynamicTest.dynamicTest(
                    "sm_" + arch,
                    () -> {
                      CudaTarget target = CudaTarget.typical(arch);
                      assemble(ZooKernels.chosen(target), target);
                    }));
  }

  private static void assemble(Map<String, ComputeDag> kernels, CudaTarget target) {
    Optional<Ptxas> ptxas = Ptxas.find();
    assumeTrue(ptxas.isPresent(), "the CUDA toolkit is not installed: no ptxas on the PATH");
    assumeTrue(ptxas.get().knows(target), "this ptxas knows no " + target.name());
    try (DeviceCompiler compiler = new DeviceCompiler(target)) {
      for (var entry : kernels.entrySet()) {
        var schedule = DesignSpace.of(entry.getValue(), target).defaultCandidate().schedule();
        DeviceKernel kernel = compiler.compile(Lowering.lower(schedule, "kernel").func());
        Map<String, Ptxas.Usage> usages = ptxas.get().usage(kernel.ptx(), target);
        assertEquals(kernel.launches().size(), usages.size(), entry.getKey());
        for (Launch launch : kernel.launches()) {
          int shared = launch.sharedBytes() + usages.get(launch.entry()).sharedBytes();
          assertTrue(shared <= target.sharedBytesPerBlock(), entry.getKey() + ": " + shared);
        }
      }
    }
  }
}
