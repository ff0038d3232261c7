package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Convolutions that count all pixels through are matrix products on tensor cores, and are right.
 */
class PixelConvolutionsTest {
  private static final String STRATEGY = "pixels";
  private static final CpuTarget HOST = HostCpu.detect().target();
  private static final CudaTarget GPU = CudaTarget.typical(90).mostSpecific();
  private static byte[] threads;

  @BeforeAll
  static void build() {
    threads = DeviceThreads.build();
  }

  /** A convolution, channels last and weights constant, of which something is taken and added. */
  private static ComputeDag convolution(
      String type, String image, String filters, String result, String layouts) {
    String text =
        """
        def @main(%%x: Tensor[(%s), %s], %%w: Tensor[(%s), %s], %%y: Tensor[(%s), float32])
            -> Tensor[(%s), float32] {
          %%0 = nn.conv2d(%%x, %%w, out_dtype=float32, %s);
          %%1 = add(%%0, %%y);
          nn.relu(%%1)
        }
        """
            .formatted(image, type, filters, type, result, result, layouts);
    var module = ModuleText.parse(text, OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), parameter -> parameter == 1);
  }

  private static ComputeDag channelsLast(
      String type, String image, String filters, String result, String window) {
    return convolution(type, image, filters, result, "data_layout=\"NHWC\", " + window);
  }

  /** The convolution with its pixels counted through. */
  private static ComputeDag pixels(ComputeDag dag) {
    return dag.strategy(STRATEGY).orElseThrow();
  }

  private static String check(ComputeDag dag, Candidate candidate, CudaTarget gpu) {
    return ProductEmulation.check(dag, candidate, gpu, threads).kernel().ptx();
  }

  @ParameterizedTest
  @CsvSource({
    "float16, '2, 7, 7, 64', '32, 64, 3, 3', '2, 7, 7, 32', 'padding=[1, 1, 1, 1]'",
    "bfloat16, '3, 10, 9, 64', '72, 64, 3, 3', '3, 5, 5, 72', "
        + "'padding=[1, 1, 1, 1], strides=[2, 2]'",
    "float16, '1, 18, 17, 128', '40, 128, 1, 1', '1, 9, 9, 40', 'strides=[2, 2]'",
    "float16, '1, 13, 12, 32', '64, 32, 2, 2', '1, 11, 10, 64', 'dilation=[2, 2]'",
    "tfloat32, '1, 9, 11, 32', '33, 32, 3, 3', '1, 9, 11, 33', 'padding=[1, 1, 1, 1]'",
    "float16, '1, 9, 8, 64', '96, 64, 5, 3', '1, 10, 7, 96', 'padding=[1, 0, 4, 1]'",
  })
  void convolutionsInGroupsAreRight(
      String type, String image, String filters, String result, String window) {
    ComputeDag dag = channelsLast(type, image, filters, result, window);
    SplittableRandom random = new SplittableRandom(41);
    for (int i = 0; i < 3; i++) {
      Candidate candidate = ProductEmulation.inGroups(pixels(dag), GPU, random);
      String ptx = check(dag, candidate, GPU);
      assertTrue(ptx.contains("wgmma.mma_async.sync.aligned.m64n"), candidate.values() + ptx);
      assertFalse(ptx.contains("mma.sync"), ptx);
      ProductEmulation.assertNoRemarks(ptx, GPU);
    }
  }

  /**
   * Pictures have few channels: a window's elements are moved one by one, and zeros behind them.
   */
  @ParameterizedTest
  @CsvSource({
    "float16, NCHW, '2, 3, 20, 18', '32, 3, 7, 7', '2, 10, 9, 32', "
        + "'padding=[3, 3, 3, 3], strides=[2, 2]'",
    "bfloat16, NHWC, '1, 12, 13, 3', '40, 3, 3, 3', '1, 12, 13, 40', 'padding=[1, 1, 1, 1]'",
  })
  void convolutionsOfPicturesAreRight(
      String type, String layout, String image, String filters, String result, String window) {
    String layouts = "data_layout=\"%s\", out_layout=\"NHWC\", %s".formatted(layout, window);
    ComputeDag dag = convolution(type, image, filters, result, layouts);
    SplittableRandom random = new SplittableRandom(19);
    for (int i = 0; i < 2; i++) {
      String ptx = check(dag, ProductEmulation.inGroups(pixels(dag), GPU, random), GPU);
      assertTrue(ptx.contains("wgmma.mma_async.sync.aligned.m64n"), ptx);
    }
    check(dag, DesignSpace.of(pixels(dag), GPU).defaultCandidate(), GPU);
    CudaTarget ampere = CudaTarget.typical(80);
    check(dag, DesignSpace.of(pixels(dag), ampere).defaultCandidate(), ampere);
  }

  /** Images whose lines are too short for the rows of a fragment, on devices without groups. */
  @ParameterizedTest
  @CsvSource({"80", "90"})
  void smallImagesUseTensorCoresOfWarps(int arch) {
    CudaTarget gpu = CudaTarget.typical(arch);
    ComputeDag dag =
        channelsLast(
            "float16", "2, 7, 7, 64", "64, 64, 3, 3", "2, 7, 7, 64", "padding=[1, 1, 1, 1]");
    DesignSpace space = DesignSpace.of(pixels(dag), gpu);
    String ptx = check(dag, space.defaultCandidate(), gpu);
    assertTrue(ptx.contains("mma.sync.aligned.m16n8k16"), ptx);
    assertTrue(ptx.contains("cp.async.cg.shared.global"), ptx);
    SplittableRandom random = new SplittableRandom(13);
    for (int i = 0; i < 2; i++) {
      check(dag, space.random(random), gpu);
    }
    ComputeDag large =
        channelsLast(
            "float16", "8, 7, 7, 512", "512, 512, 3, 3", "8, 7, 7, 512", "padding=[1, 1, 1, 1]");
    assertEquals(STRATEGY, DesignSpace.of(large, gpu).defaultCandidate().values().get("strategy"));
  }

  @Test
  void theLoopsRunWithoutFaultsInTheInterpreter() {
    ComputeDag dag =
        channelsLast(
            "float16", "2, 6, 7, 64", "32, 64, 3, 3", "2, 6, 7, 32", "padding=[1, 1, 1, 1]");
    Candidate candidate = ProductEmulation.inGroups(pixels(dag), GPU, new SplittableRandom(5));
    ProductEmulation.checkLoops(dag, candidate);
  }

  @Test
  void onlyGpusAreAskedForThem() {
    ComputeDag dag =
        channelsLast(
            "float16",
            "32, 14, 14, 256",
            "256, 256, 3, 3",
            "32, 14, 14, 256",
            "padding=[1, 1, 1, 1]");
    assertTrue(dag.strategies().contains(STRATEGY), dag.strategies().toString());
    assertFalse(
        DesignSpace.of(dag, HOST).defaultCandidate().decisions().stream()
            .anyMatch(decision -> decision.options().contains(STRATEGY)));
    String chosen = DesignSpace.of(dag, GPU).defaultCandidate().values().get("strategy");
    assertEquals(STRATEGY, chosen);
  }

  /** Sizes of ResNet-50, eight images or more at a time. */
  @ParameterizedTest
  @CsvSource({
    "'8, 56, 56, 64', '64, 64, 3, 3', '8, 56, 56, 64', 'padding=[1, 1, 1, 1]'",
    "'8, 56, 56, 128', '128, 128, 3, 3', '8, 28, 28, 128', 'padding=[1, 1, 1, 1], strides=[2, 2]'",
    "'32, 14, 14, 256', '256, 256, 3, 3', '32, 14, 14, 256', 'padding=[1, 1, 1, 1]'",
    "'8, 7, 7, 512', '512, 512, 3, 3', '8, 7, 7, 512', 'padding=[1, 1, 1, 1]'",
    "'8, 28, 28, 512', '1024, 512, 1, 1', '8, 14, 14, 1024', 'strides=[2, 2]'"
  })
  void nothingIsSpilledAndCopiesAreAsynchronous(
      String image, String filters, String result, String window) {
    ComputeDag dag = channelsLast("float16", image, filters, result, window);
    LoweredKernel lowered =
        Lowering.lower(DesignSpace.of(dag, GPU).defaultCandidate().schedule(), "kernel");
    String ptx = new EmulatedKernel(lowered, GPU, HOST, threads).kernel().ptx();
    assertTrue(ptx.contains("wgmma.mma_async.sync.aligned.m64n"), ptx);
    assertTrue(ptx.contains("global.im2col.mbarrier"), ptx);
    assertFalse(ptx.contains("st.shared"), "operands go through registers: " + ptx);
    Optional<Ptxas> ptxas = Ptxas.find().filter(found -> found.knows(GPU));
    assumeTrue(ptxas.isPresent(), "no ptxas here that knows " + GPU.name());
    ptxas
        .get()
        .usage(ptx, GPU)
        .forEach((entry, usage) -> assertEquals(0, usage.spilledBytes(), entry + usage));
    assertEquals(List.of(), ptxas.get().remarks(ptx, GPU));
  }
}
