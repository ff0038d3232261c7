package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.codegen.cuda.DeviceCompiler;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The assembler of the CUDA toolkit accepts what is made for each architecture. */
class DeviceCodeTest {

  @TestFactory
  Stream<DynamicTest> everyComputationAssembles() {
    return Stream.of(75, 80, 86, 90)
        .map(
            arch ->
                DynamicTest.dynamicTest("sm_" + arch, () -> assemble(CudaTarget.typical(arch))));
  }

  private static void assemble(CudaTarget target) throws IOException, InterruptedException {
    Optional<Ptxas> ptxas = Ptxas.find();
    assumeTrue(ptxas.isPresent(), "the CUDA toolkit is not installed: no ptxas on the PATH");
    assumeTrue(ptxas.get().knows(target.name()), "this ptxas knows no " + target.name());
    try (DeviceCompiler compiler = new DeviceCompiler(target)) {
      for (var entry : Computations.all().entrySet()) {
        var schedule = DesignSpace.of(entry.getValue(), target).defaultCandidate().schedule();
        DeviceKernel kernel = compiler.compile(Lowering.lower(schedule, "kernel").func());
        Ptxas.Result result = ptxas.get().assemble(kernel.ptx(), target.name());
        assertTrue(
            result.accepted(), () -> entry.getKey() + ": " + result.message() + kernel.ptx());
        assertEquals(kernel.launches().size(), result.entries().size(), result.message());
      }
    }
  }
}
