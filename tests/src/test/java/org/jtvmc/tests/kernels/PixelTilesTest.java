package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.expr.IntImm;
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

/** Convolutions whose pixels a device counts through by itself are right. */
class PixelTilesTest {
  private static final CpuTarget HOST = HostCpu.detect().target();
  private static final CudaTarget GPU = CudaTarget.typical(90).mostSpecific();
  private static final List<String> LAYOUTS = List.of("NWC", "NHWC", "NDHWC");
  private static final String COPY = "shared::cluster.global.im2col.mbarrier::complete_tx::bytes";
  private static byte[] threads;

  @BeforeAll
  static void build() {
    threads = DeviceThreads.build();
  }

  /** The strategy that counts pixels through, channels last and weights constant. */
  private static ComputeDag convolution(
      String type, List<Long> image, List<Long> filters, List<Long> result, String window) {
    int rank = image.size() - 2;
    String call =
        "nn.conv%dd(%%x, %%w, out_dtype=float32, data_layout=\"%s\"%s)"
            .formatted(rank, LAYOUTS.get(rank - 1), window.isEmpty() ? "" : ", " + window);
    String parameters =
        "%%x: Tensor[(%s), %s], %%w: Tensor[(%s), %s]"
            .formatted(joined(image), type, joined(filters), type);
    var module =
        ModuleText.parse(
            "def @main(%s) -> Tensor[(%s), float32] { %%0 = %s; nn.relu(%%0) }"
                .formatted(parameters, joined(result), call),
            OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), parameter -> parameter == 1);
  }

  private static String joined(List<Long> sizes) {
    return sizes.stream().map(Object::toString).collect(Collectors.joining(", "));
  }

  private static List<Long> sizes(String text) {
    return LongStream.of(List.of(text.split(" ")).stream().mapToLong(Long::parseLong).toArray())
        .boxed()
        .toList();
  }

  /** A candidate whose copies are the device's; its other decisions are random. */
  private static Candidate withTiles(ComputeDag dag, SplittableRandom random) {
    DesignSpace space = DesignSpace.of(dag.strategy("pixels").orElseThrow(), GPU);
    for (int i = 0; i < 400; i++) {
      Candidate candidate = space.random(random);
      if (candidate.values().values().stream().anyMatch(value -> value.endsWith(" tiles"))) {
        return candidate;
      }
    }
    throw new AssertionError("no candidate has the device copy tiles");
  }

  private static String check(ComputeDag dag, Candidate candidate) {
    return ProductEmulation.check(dag, candidate, GPU, threads).kernel().ptx();
  }

  @ParameterizedTest
  @CsvSource({
    "float16, 2 7 7 64, 32 64 3 3, 2 7 7 32, 'padding=[1, 1, 1, 1]'",
    "float16, 1 14 14 128, 64 128 3 3, 1 14 14 64, 'padding=[1, 1, 1, 1]'",
    "bfloat16, 3 10 9 64, 72 64 3 3, 3 5 5 72, 'padding=[1, 1, 1, 1], strides=[2, 2]'",
    "float16, 1 18 17 128, 40 128 1 1, 1 9 9 40, 'strides=[2, 2]'",
    "float16, 2 13 12 64, 64 64 2 2, 2 11 9 64, 'dilation=[2, 3]'",
    "tfloat32, 1 9 11 32, 33 32 3 3, 1 9 11 33, 'padding=[1, 1, 1, 1]'",
    "float16, 1 9 8 64, 96 64 5 3, 1 10 7 96, 'padding=[1, 0, 4, 1]'",
    "float16, 6 8 12 64, 32 64 3 5, 6 2 6 32, 'padding=[2, 3, 0, 1], strides=[3, 2], dilation=[2,"
        + " 1]'",
    "float16, 12 6 1 64, 32 64 3 1, 12 6 1 32, 'padding=[1, 0, 1, 0]'",
    "float16, 5 40 64, 32 64 4, 5 14 32, 'padding=[2, 1], strides=[3]'",
    "float16, 1 70 64, 32 64 3, 1 70 32, 'padding=[1, 1]'",
    "float16, 2 4 5 6 64, 32 64 3 2 3, 2 3 3 5 32, 'padding=[1, 1, 1, 0, 1, 0], strides=[1, 2, 1]'",
    "float16, 1 5 5 5 64, 32 64 3 3 3, 1 5 5 5 32, 'padding=[1, 1, 1, 1, 1, 1]'",
  })
  void convolutionsAreRight(
      String type, String image, String filters, String result, String window) {
    ComputeDag dag = convolution(type, sizes(image), sizes(filters), sizes(result), window);
    SplittableRandom random = new SplittableRandom(23);
    for (int i = 0; i < 2; i++) {
      Candidate candidate = withTiles(dag, random);
      String ptx = check(dag, candidate);
      assertTrue(ptx.contains(COPY), candidate.values() + ptx);
      assertTrue(ptx.contains("wgmma.mma_async"), candidate.values() + ptx);
      assertFalse(ptx.contains("cp.async.c"), "threads copy as well: " + ptx);
      ProductEmulation.assertNoRemarks(ptx, GPU);
    }
  }

  /**
   * Where a line of a window has more than one tap, or a step or an offset is too large for a
   * device, the threads copy.
   */
  @ParameterizedTest
  @CsvSource({
    "float16, 1 10 9 32, 32 32 2 2, 1 9 8 32, ''",
    "float16, 1 10 9 96, 32 96 2 2, 1 9 8 32, ''",
    "float16, 1 82 73 64, 32 64 2 1, 1 9 73 32, 'strides=[9, 1]'",
    "float16, 1 16 70 64, 32 64 1 2, 1 16 5 32, 'padding=[0, 200, 0, 0], dilation=[1, 265]'",
  })
  void othersAreCopiedByThreads(
      String type, String image, String filters, String result, String window) {
    ComputeDag dag = convolution(type, sizes(image), sizes(filters), sizes(result), window);
    Candidate candidate = withTiles(dag, new SplittableRandom(31));
    String ptx = check(dag, candidate);
    assertFalse(ptx.contains("cp.async.bulk"), candidate.values() + ptx);
    assertTrue(ptx.contains("cp.async.c"), candidate.values() + ptx);
  }

  @Test
  void theLoopsRunWithoutFaultsInTheInterpreter() {
    for (String pixels : List.of("2 6 7", "1 9 8")) {
      ComputeDag dag =
          convolution(
              "float16",
              sizes(pixels + " 64"),
              sizes("32 64 3 3"),
              sizes(pixels + " 32"),
              "padding=[1, 1, 1, 1]");
      LoweredKernel kernel =
          ProductEmulation.checkLoops(dag, withTiles(dag, new SplittableRandom(5)));
      assertTrue(kernel.func().toString().contains("pixels windows"), kernel.func().toString());
    }
  }

  @Test
  void theyAreTheDefaultWhereTheTargetHasThem() {
    ComputeDag dag =
        convolution(
            "float16",
            sizes("8 7 7 512"),
            sizes("512 512 3 3"),
            sizes("8 7 7 512"),
            "padding=[1, 1, 1, 1]");
    String with = ptx(dag, GPU);
    assertTrue(with.contains(COPY), with);
    String without = ptx(dag, GPU.withoutTiles());
    assertTrue(without.contains("cp.async.cg") && without.contains("wgmma"), without);
    assertFalse(without.contains("mbarrier"), without);
  }

  /** The constant filters lie in the order of the copies: one box for each of them. */
  @Test
  void filtersComeAsBoxesOfWhatTheModelIsCompiledTo() {
    ComputeDag dag =
        convolution(
            "float16",
            sizes("8 14 14 128"),
            sizes("128 128 3 3"),
            sizes("8 14 14 128"),
            "padding=[1, 1, 1, 1]");
    Candidate candidate = withTiles(dag, new SplittableRandom(2));
    LoweredKernel kernel = Lowering.lower(candidate.schedule(), "kernel");
    String loops = kernel.func().toString();
    assertTrue(loops.contains("tile filters"), loops);
    var packed = kernel.packed().getFirst().packed();
    assertEquals(2, packed.rank());
    assertTrue(IntImm.is(packed.shape().getLast(), 64), packed.shape().toString());
  }

  private static String ptx(ComputeDag dag, CudaTarget target) {
    var lowered =
        Lowering.lower(DesignSpace.of(dag, target).defaultCandidate().schedule(), "kernel");
    return new EmulatedKernel(lowered, target, HOST, threads).kernel().ptx();
  }
}
