package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products of narrow numbers on GPUs go to tensor cores, and are right. */
class TensorCoresTest {
  private static final CpuTarget HOST = HostCpu.detect().target();
  private static final CudaTarget GPU = CudaTarget.typical(80);
  private static byte[] threads;

  @BeforeAll
  static void build() {
    threads = DeviceThreads.build();
  }

  private static EmulatedKernel check(ComputeDag dag, Candidate candidate) {
    EmulatedKernel kernel = run(dag, candidate);
    assertEquals(0, kernel.bankConflicts(), candidate.values().toString());
    return kernel;
  }

  private static EmulatedKernel run(ComputeDag dag, Candidate candidate) {
    Map<Tensor, NDArray> inputs = NarrowProduct.inputs(dag);
    List<NDArray> expected = TensorEvaluator.evaluate(dag.outputs(), inputs);
    EmulatedKernel kernel =
        new EmulatedKernel(Lowering.lower(candidate.schedule(), "kernel"), GPU, HOST, threads);
    ComputeDag strategy = candidate.schedule().dag();
    NDArray actual = kernel.run(NarrowProduct.ofStrategy(inputs, dag, strategy)).getFirst();
    for (long i = 0; i < actual.elements(); i++) {
      assertEquals(
          expected.getFirst().getDouble(i),
          actual.getDouble(i),
          "element " + i + candidate.values());
    }
    return kernel;
  }

  @ParameterizedTest
  @CsvSource({
    "float16, float16, float32, true, m16n8k16.row.col.f32.f16.f16.f32",
    "float16, float16, float32, false, m16n8k16.row.col.f32.f16.f16.f32",
    "bfloat16, bfloat16, float32, true, m16n8k16.row.col.f32.bf16.bf16.f32",
    "bfloat16, bfloat16, float32, false, m16n8k16.row.col.f32.bf16.bf16.f32",
    "tfloat32, tfloat32, float32, true, m16n8k8.row.col.f32.tf32.tf32.f32",
    "tfloat32, tfloat32, float32, false, m16n8k8.row.col.f32.tf32.tf32.f32",
    "int8, int8, int32, true, m16n8k32.row.col.s32.s8.s8.s32",
    "uint8, int8, int32, true, m16n8k32.row.col.s32.u8.s8.s32",
  })
  void productsAreRight(String left, String right, String sum, boolean byRows, String instruction) {
    ComputeDag dag =
        NarrowProduct.of(
            DType.parse(left), DType.parse(right), DType.parse(sum), 64, 96, 48, byRows);
    DesignSpace space = DesignSpace.of(dag, GPU);
    EmulatedKernel kernel = check(dag, space.defaultCandidate());
    String ptx = kernel.kernel().ptx();
    assertTrue(ptx.contains("mma.sync.aligned." + instruction), ptx);
    assertTrue(ptx.contains("ldmatrix.sync.aligned.m8n8.x4"), ptx);
    assertTrue(ptx.contains("cp.async.cg.shared.global"), ptx);
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 4; i++) {
      check(dag, space.random(random));
    }
  }

  @ParameterizedTest
  @CsvSource({"60, 96, 72, true", "60, 96, 72, false", "19, 32, 50, true", "33, 64, 1000, false"})
  void unevenEdgesAreRight(long rows, long depth, long columns, boolean byRows) {
    ComputeDag dag =
        NarrowProduct.of(DType.F16, DType.F16, DType.F32, rows, depth, columns, byRows);
    DesignSpace space = DesignSpace.of(dag, GPU);
    String ptx = check(dag, space.defaultCandidate()).kernel().ptx();
    assertTrue(ptx.contains("mma.sync.aligned.m16n8k16"), ptx);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 4; i++) {
      check(dag, space.random(random));
    }
  }

  /** A convolution with relu of an image with its channels last, with constant weights. */
  private static ComputeDag convolution(
      String type, String sum, String image, String filters, String result, String window) {
    String text =
        """
        def @main(%%x: Tensor[(%s), %s], %%w: Tensor[(%s), %s]) -> Tensor[(%s), %s] {
          %%0 = nn.conv2d(%%x, %%w, data_layout="NHWC", %s, out_dtype=%s);
          nn.relu(%%0)
        }
        """
            .formatted(image, type, filters, type, result, sum, window, sum);
    var module = ModuleText.parse(text, OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), parameter -> parameter > 0);
  }

  @ParameterizedTest
  @CsvSource({
    "float16, float32, '1, 14, 17, 32', '48, 32, 3, 3', '1, 14, 17, 48', 'padding=[1, 1, 1, 1]'",
    "bfloat16, float32, '2, 10, 18, 16', '19, 16, 3, 3', '2, 8, 16, 19', 'padding=[0, 0, 0, 0]'",
    "float16, float32, '1, 20, 21, 64', '40, 64, 3, 3', '1, 10, 11, 40', "
        + "'padding=[1, 1, 1, 1], strides=[2, 2]'",
    "float16, float32, '1, 19, 17, 32', '64, 32, 1, 1', '1, 10, 9, 64', 'strides=[2, 2]'",
    "tfloat32, float32, '1, 14, 17, 16', '40, 16, 3, 3', '1, 14, 17, 40', 'padding=[1, 1, 1, 1]'",
    "int8, int32, '1, 13, 12, 32', '24, 32, 5, 5', '1, 13, 12, 24', 'padding=[2, 2, 2, 2]'",
  })
  void convolutionsAreRight(
      String type, String sum, String image, String filters, String result, String window) {
    ComputeDag dag = convolution(type, sum, image, filters, result, window);
    DesignSpace space = DesignSpace.of(dag, GPU);
    String ptx = run(dag, space.defaultCandidate()).kernel().ptx();
    assertTrue(ptx.contains("mma.sync.aligned.m16n8k"), ptx);
    SplittableRandom random = new SplittableRandom(17);
    for (int i = 0; i < 3; i++) {
      run(dag, space.random(random));
    }
  }

  /** As quantized convolutions are: padded by a zero point that is not 0, factors of two types. */
  @Test
  void whatIsPaddedByAnotherNumberIsRight() {
    String text =
        """
        def @main(%x: Tensor[(1, 12, 12, 32), uint8], %w: Tensor[(40, 32, 3, 3), int8])
            -> Tensor[(1, 12, 12, 40), int32] {
          %0 = nn.pad(%x, pad_width=[0, 1, 1, 0, 0, 1, 1, 0], pad_value=7.0);
          nn.conv2d(%0, %w, data_layout="NHWC", out_dtype=int32)
        }
        """;
    var module = ModuleText.parse(text, OperatorRegistry.standard()::find);
    ComputeDag dag = FunctionLowering.lower(module.main(), parameter -> parameter > 0);
    DesignSpace space = DesignSpace.of(dag, GPU);
    String ptx = run(dag, space.defaultCandidate()).kernel().ptx();
    assertTrue(ptx.contains("m16n8k32.row.col.s32.u8.s8.s32"), ptx);
    SplittableRandom random = new SplittableRandom(23);
    for (int i = 0; i < 3; i++) {
      run(dag, space.random(random));
    }
  }

  @Test
  void otherProductsStayOnTheOrdinaryUnits() {
    assertFalse(
        ptx(NarrowProduct.of(DType.F32, DType.F32, DType.F32, 64, 64, 64, false), GPU)
            .contains("mma."));
    assertFalse(
        ptx(
                NarrowProduct.of(DType.F16, DType.F16, DType.F32, 64, 64, 64, false),
                CudaTarget.typical(75))
            .contains("mma."));
    // The smallest tile has 16 rows.
    assertFalse(
        ptx(NarrowProduct.of(DType.F16, DType.F16, DType.F32, 12, 64, 64, false), GPU)
            .contains("mma."));
  }

  private static String ptx(ComputeDag dag, CudaTarget target) {
    var lowered =
        Lowering.lower(DesignSpace.of(dag, target).defaultCandidate().schedule(), "kernel");
    return new EmulatedKernel(lowered, target, HOST, threads).kernel().ptx();
  }

  @ParameterizedTest
  @CsvSource({"80", "90"})
  void nothingIsSpilled(int arch) {
    CudaTarget target = CudaTarget.typical(arch);
    Optional<Ptxas> ptxas = Ptxas.find().filter(found -> found.knows(target));
    assumeTrue(ptxas.isPresent(), "no ptxas here that knows " + target.name());
    for (boolean byRows : new boolean[] {true, false}) {
      ComputeDag dag = NarrowProduct.of(DType.F16, DType.F16, DType.F32, 4096, 4096, 4096, byRows);
      ptxas
          .get()
          .usage(ptx(dag, target), target)
          .forEach((entry, usage) -> assertEquals(0, usage.spilledBytes(), entry + usage));
    }
  }
}
