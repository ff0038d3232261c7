package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.DType;
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

/** Products that groups of four warps make from swizzled shared memory are right. */
class WarpgroupsTest {
  private static final CpuTarget HOST = HostCpu.detect().target();
  private static final CudaTarget GPU = CudaTarget.typical(90).mostSpecific();
  private static byte[] threads;

  @BeforeAll
  static void build() {
    threads = DeviceThreads.build();
  }

  private static ComputeDag product(
      String left, String right, String sum, long rows, long depth, long columns, boolean byRows) {
    return NarrowProduct.of(
        DType.parse(left), DType.parse(right), DType.parse(sum), rows, depth, columns, byRows);
  }

  private static EmulatedKernel check(ComputeDag dag, Candidate candidate) {
    return ProductEmulation.check(dag, candidate, GPU, threads);
  }

  @ParameterizedTest
  @CsvSource({
    "float16, float16, float32, true, k16.f32.f16.f16",
    "float16, float16, float32, false, k16.f32.f16.f16",
    "bfloat16, bfloat16, float32, true, k16.f32.bf16.bf16",
    "bfloat16, bfloat16, float32, false, k16.f32.bf16.bf16",
    "tfloat32, tfloat32, float32, true, k8.f32.tf32.tf32",
    "int8, int8, int32, true, k32.s32.s8.s8",
    "uint8, uint8, int32, true, k32.s32.u8.u8",
  })
  void productsAreRight(String left, String right, String sum, boolean byRows, String instruction) {
    ComputeDag dag = product(left, right, sum, 128, 256, 128, byRows);
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 4; i++) {
      Candidate candidate = ProductEmulation.inGroups(dag, GPU, random);
      String ptx = check(dag, candidate).kernel().ptx();
      assertTrue(ptx.contains("wgmma.mma_async.sync.aligned.m64n"), candidate.values() + ptx);
      assertTrue(ptx.contains(instruction), ptx);
      assertFalse(ptx.contains("mma.sync"), ptx);
      ProductEmulation.assertNoRemarks(ptx, GPU);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "100, 64, 72, true",
    "130, 128, 200, false",
    "65, 192, 33, true",
    "64, 320, 1000, false"
  })
  void unevenEdgesAreRight(long rows, long depth, long columns, boolean byRows) {
    ComputeDag dag = product("float16", "float16", "float32", rows, depth, columns, byRows);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 3; i++) {
      Candidate candidate = ProductEmulation.inGroups(dag, GPU, random);
      String ptx = check(dag, candidate).kernel().ptx();
      assertTrue(ptx.contains("wgmma.mma_async"), candidate.values() + ptx);
    }
  }

  /** A batch of products with an epilogue, of which one writes the transpose. */
  @ParameterizedTest
  @CsvSource({"'2, 3, 70, 72', '[0, 1, 2, 3]'", "'2, 3, 72, 70', '[0, 1, 3, 2]'"})
  void batchesAndTransposedResultsAreRight(String shape, String order) {
    String text =
        """
        def @main(%%x: Tensor[(2, 3, 70, 128), float16], %%w: Tensor[(2, 3, 128, 72), float16], \
        %%b: Tensor[(72), float32]) -> Tensor[(%s), float32] {
          %%0 = nn.matmul(%%x, %%w, out_dtype=float32);
          %%1 = add(%%0, %%b);
          transpose(%%1, axes=%s)
        }
        """
            .formatted(shape, order);
    var module = ModuleText.parse(text, OperatorRegistry.standard()::find);
    ComputeDag dag = FunctionLowering.lower(module.main(), _ -> false);
    SplittableRandom random = new SplittableRandom(29);
    for (int i = 0; i < 2; i++) {
      Candidate candidate = ProductEmulation.inGroups(dag, GPU, random);
      String ptx = check(dag, candidate).kernel().ptx();
      assertTrue(ptx.contains("wgmma.mma_async"), candidate.values() + ptx);
    }
  }

  @Test
  void theLoopsRunWithoutFaultsInTheInterpreter() {
    SplittableRandom random = new SplittableRandom(5);
    for (boolean byRows : new boolean[] {true, false}) {
      ComputeDag dag = product("float16", "float16", "float32", 70, 192, 64, byRows);
      Map<Tensor, NDArray> inputs = NarrowProduct.inputs(dag);
      NDArray expected = TensorEvaluator.evaluate(dag.outputs(), inputs).getFirst();
      for (int i = 0; i < 2; i++) {
        Candidate candidate = ProductEmulation.inGroups(dag, GPU, random);
        LoweredKernel kernel = Lowering.lower(candidate.schedule(), "kernel");
        NDArray actual =
            NDArray.allocate(
                ScheduledKernel.type(
                    dag.outputs().getFirst().dtype(), dag.outputs().getFirst().shape()));
        LoopInterpreter.run(
            kernel.func(), kernel.sources().stream().map(inputs::get).toList(), List.of(actual));
        ProductEmulation.assertSame(expected, actual, candidate);
      }
    }
  }

  @Test
  void largeProductsAreMadeByGroupsAndSmallOnesAreNot() {
    assertTrue(
        ptx(product("float16", "float16", "float32", 4096, 4096, 4096, false), GPU)
            .contains("wgmma"));
    assertFalse(
        ptx(product("float16", "float16", "float32", 128, 384, 384, false), GPU).contains("wgmma"));
    CudaTarget any = CudaTarget.typical(90);
    assertFalse(
        ptx(product("float16", "float16", "float32", 4096, 4096, 4096, false), any)
            .contains("wgmma"));
  }

  /** 132 blocks at once, of 128 rows and 256 columns: 16 by 8 of them read least. */
  @Test
  void blocksThatRunAtOnceFormARectangle() {
    ComputeDag large = product("float16", "float16", "float32", 8192, 8192, 8192, false);
    Candidate candidate = DesignSpace.of(large, GPU).defaultCandidate();
    assertTrue(candidate.values().containsValue("16"), candidate.values().toString());
    String loops = Lowering.lower(candidate.schedule(), "kernel").func().toString();
    String rows = "\\(\\(\\((\\w+) // 512\\) \\* 2048\\) \\+ \\(\\(\\1 % 16\\) \\* 128\\)\\)";
    String columns = "\\(\\(\\(\\w+ // 16\\) % 32\\) \\* 256\\)";
    assertTrue(Pattern.compile(rows).matcher(loops).find(), loops);
    assertTrue(Pattern.compile(columns).matcher(loops).find(), loops);
  }

  private static String ptx(ComputeDag dag, CudaTarget target) {
    var lowered =
        Lowering.lower(DesignSpace.of(dag, target).defaultCandidate().schedule(), "kernel");
    return new EmulatedKernel(lowered, target, HOST, threads).kernel().ptx();
  }

  @Test
  void nothingIsSpilledAndNoWaitingIsAdded() {
    Ptxas ptxas = ptxas();
    for (boolean byRows : new boolean[] {true, false}) {
      String ptx = ptx(product("float16", "float16", "float32", 4096, 4096, 4096, byRows), GPU);
      assertTrue(ptx.contains("wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16"), ptx);
      ptxas
          .usage(ptx, GPU)
          .forEach((entry, usage) -> assertEquals(0, usage.spilledBytes(), entry + usage));
      assertEquals(List.of(), ptxas.remarks(ptx, GPU));
      assertFalse(ptx.contains("st.shared"), "operands go through registers: " + ptx);
    }
  }

  /** Where a sum is used before it is there, the assembler waits, and says so. */
  @Test
  void theAssemblerTellsOfWaitingThatItAdds() {
    String ptx = ptx(product("float16", "float16", "float32", 4096, 4096, 4096, true), GPU);
    Matcher sums = Pattern.compile("wgmma\\.mma_async\\S* \\{(%f\\d+)").matcher(ptx);
    assertTrue(sums.find(), ptx);
    String use = "commit_group.sync.aligned; add.f32 %1$s, %1$s, %1$s;".formatted(sums.group(1));
    String early = ptx.replace("commit_group.sync.aligned;", use);
    assertEquals(1, ptxas().remarks(early, GPU).size());
  }

  private static Ptxas ptxas() {
    Optional<Ptxas> ptxas = Ptxas.find().filter(found -> found.knows(GPU));
    assumeTrue(ptxas.isPresent(), "no ptxas here that knows " + GPU.name());
    return ptxas.get();
  }
}
