package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.cuda.DeviceCompiler;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.codegen.pass.GpuPipeline;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.junit.jupiter.api.Test;

/** A device's limits are known before anything is built for it. */
class DeviceLimitsTest {
  private static final int LEAST_SHARED_BYTES = 16 << 10;

  private static final CudaTarget LARGE = CudaTarget.typical(90);

  /** As the large one, but for its shared memory. */
  private static final CudaTarget SMALL =
      new CudaTarget(
          LARGE.arch(),
          LARGE.specific(),
          LARGE.multiprocessors(),
          LEAST_SHARED_BYTES,
          LEAST_SHARED_BYTES,
          LARGE.l2Bytes(),
          LARGE.bandwidthBytes(),
          LARGE.clockHertz());

  private static final ComputeDag PRODUCT =
      FunctionLowering.lower(
          ModuleText.parse(
                  """
                  def @main(%a: Tensor[(512, 512), float32], %b: Tensor[(512, 512), float32])
                      -> Tensor[(512, 512), float32] { nn.matmul(%a, %b) }
                  """,
                  OperatorRegistry.standard()::find)
              .main(),
          _ -> false);

  @Test
  void aSpaceHoldsNoScheduleThatTheDeviceHasNoRoomFor() {
    for (PrimFunc kernel : kernels(SMALL)) {
      assertTrue(sharedBytes(compile(kernel, SMALL)) <= LEAST_SHARED_BYTES);
    }
  }

  @Test
  void aKernelOfAnotherDeviceIsRefusedBeforeItsCodeIsLookedAt() {
    PrimFunc kernel =
        kernels(LARGE).stream()
            .max(Comparator.comparingLong(each -> sharedBytes(compile(each, LARGE))))
            .orElseThrow();
    long wanted = sharedBytes(compile(kernel, LARGE));
    assertTrue(wanted > LEAST_SHARED_BYTES, "takes " + wanted + " bytes");
    List<CodeListener.Stage> produced = new ArrayList<>();
    try (DeviceCompiler compiler =
        new DeviceCompiler(
            SMALL, GpuPipeline.passes(SMALL), (stage, _, _) -> produced.add(stage))) {
      String message =
          assertThrows(CodegenException.class, () -> compiler.compile(kernel)).getMessage();
      assertTrue(message.contains("needs " + wanted + " bytes of shared memory"), message);
      assertTrue(message.contains("sm_90 has " + LEAST_SHARED_BYTES), message);
    }
    assertEquals(List.of(CodeListener.Stage.LOOP), produced);
  }

  /** The default schedule and random ones. */
  private static List<PrimFunc> kernels(CudaTarget target) {
    DesignSpace space = DesignSpace.of(PRODUCT, target);
    SplittableRandom random = new SplittableRandom(20261128);
    return Stream.concat(
            Stream.of(space.defaultCandidate()),
            Stream.generate(() -> space.random(random)).limit(24))
        .map(candidate -> Lowering.lower(candidate.schedule(), "kernel").func())
        .toList();
  }

  private static DeviceKernel compile(PrimFunc kernel, CudaTarget target) {
    try (DeviceCompiler compiler = new DeviceCompiler(target)) {
      return compiler.compile(kernel);
    }
  }

  private static long sharedBytes(DeviceKernel kernel) {
    return kernel.launches().stream().mapToLong(Launch::sharedBytes).max().orElseThrow();
  }
}
