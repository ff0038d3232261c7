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

/** Products whose operands the device brings as boxes of tensors are right. */
class TileCopiesTest {
  private static final CpuTarget HOST = HostCpu.detect().target();
  private static final CudaTarget GPU = CudaTarget.typical(90).mostSpecific();
  private static final String COPY = "cp.async.bulk.tensor.%dd";
  private static byte[] threads;

  @BeforeAll
  static void build() {
    threads = DeviceThreads.build();
  }

  private static ComputeDag product(
      String type, String sum, long rows, long depth, long columns, boolean byRows) {
    DType factor = DType.parse(type);
    return NarrowProduct.of(factor, factor, DType.parse(sum), rows, depth, columns, byRows);
  }

  /** A candidate with such copies, of a whole product; its other decisions are random. */
  private static Candidate withTiles(ComputeDag dag, SplittableRandom random) {
    DesignSpace space = DesignSpace.of(dag, GPU);
    for (int i = 0; i < 400; i++) {
      Candidate candidate = space.random(random);
      boolean whole = candidate.values().keySet().stream().noneMatch(key -> key.contains(".rf."));
      if (whole && candidate.values().values().stream().anyMatch(v -> v.endsWith(" tiles"))) {
        return candidate;
      }
    }
    throw new AssertionError("no candidate has the device copy tiles");
  }

  private static String check(ComputeDag dag, Candidate candidate, int dimensions) {
    EmulatedKernel kernel = ProductEmulation.check(dag, candidate, GPU, threads);
    String ptx = kernel.kernel().ptx();
    assertTrue(ptx.contains(COPY.formatted(dimensions)), candidate.values() + ptx);
    assertTrue(ptx.contains("wgmma.mma_async"), candidate.values() + ptx);
    assertFalse(ptx.contains("cp.async.c"), "threads copy as well: " + ptx);
    return ptx;
  }

  @ParameterizedTest
  @CsvSource({
    "float16, float32, true",
    "float16, float32, false",
    "bfloat16, float32, false",
    "tfloat32, float32, true",
    "int8, int32, true",
    "uint8, int32, true",
  })
  void productsAreRight(String type, String sum, boolean byRows) {
    ComputeDag dag = product(type, sum, 128, 512, 128, byRows);
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 3; i++) {
      String ptx = check(dag, withTiles(dag, random), 2);
      ProductEmulation.assertNoRemarks(ptx, GPU);
    }
  }

  /** What lies beyond a tensor comes as zeros; rows must begin at multiples of 16 bytes. */
  @ParameterizedTest
  @CsvSource({
    "100, 128, 72, true",
    "130, 192, 200, false",
    "65, 256, 40, true",
    "64, 320, 1000, false"
  })
  void unevenEdgesAreRight(long rows, long depth, long columns, boolean byRows) {
    ComputeDag dag = product("float16", "float32", rows, depth, columns, byRows);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 2; i++) {
      check(dag, withTiles(dag, random), 2);
    }
  }

  /** Rows of 72 columns of a batch; one of 100 would not begin at a multiple of 16 bytes. */
  @Test
  void batchesAreRightAndWhatCannotBeABoxIsCopiedByThreads() {
    ComputeDag batch = batch(72);
    SplittableRandom random = new SplittableRandom(29);
    check(batch, withTiles(batch, random), 3);
    ComputeDag odd = product("float16", "float32", 64, 128, 100, false);
    Candidate candidate = withTiles(odd, random);
    String ptx =
        new EmulatedKernel(Lowering.lower(candidate.schedule(), "kernel"), GPU, HOST, threads)
            .kernel()
            .ptx();
    assertFalse(ptx.contains("cp.async.bulk"), ptx);
  }

  private static ComputeDag batch(int columns) {
    String text =
        """
        def @main(%%x: Tensor[(2, 3, 70, 128), float16], %%w: Tensor[(2, 3, 128, %1$d), float16]) \
        -> Tensor[(2, 3, 70, %1$d), float32] {
          nn.matmul(%%x, %%w, out_dtype=float32)
        }
        """
            .formatted(columns);
    var module = ModuleText.parse(text, OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), _ -> false);
  }

  @Test
  void theLoopsRunWithoutFaultsInTheInterpreter() {
    SplittableRandom random = new SplittableRandom(5);
    for (boolean byRows : new boolean[] {true, false}) {
      ComputeDag dag = product("float16", "float32", 70, 320, 64, byRows);
      Map<Tensor, NDArray> inputs = NarrowProduct.inputs(dag);
      NDArray expected = TensorEvaluator.evaluate(dag.outputs(), inputs).getFirst();
      Candidate candidate = withTiles(dag, random);
      LoweredKernel kernel = Lowering.lower(candidate.schedule(), "kernel");
      assertTrue(kernel.func().toString().contains("await_tiles"), kernel.func().toString());
      NDArray actual =
          NDArray.allocate(
              ScheduledKernel.type(
                  dag.outputs().getFirst().dtype(), dag.outputs().getFirst().shape()));
      LoopInterpreter.run(
          kernel.func(), kernel.sources().stream().map(inputs::get).toList(), List.of(actual));
      ProductEmulation.assertSame(expected, actual, candidate);
    }
  }

  @Test
  void theyAreTheDefaultWhereTheTargetHasThem() {
    ComputeDag dag = product("float16", "float32", 4096, 4096, 4096, false);
    String with = ptx(dag, GPU);
    assertTrue(with.contains(COPY.formatted(2)), with);
    String without = ptx(dag, GPU.withoutTiles());
    assertTrue(without.contains("cp.async.cg") && without.contains("wgmma"), without);
    assertFalse(without.contains("mbarrier"), without);
  }

  @Test
  void nothingIsSpilledAndNoWaitingIsAdded() {
    Optional<Ptxas> ptxas = Ptxas.find().filter(found -> found.knows(GPU));
    assumeTrue(ptxas.isPresent(), "no ptxas here that knows " + GPU.name());
    for (boolean byRows : new boolean[] {true, false}) {
      String ptx = ptx(product("float16", "float32", 4096, 4096, 4096, byRows), GPU);
      ptxas
          .get()
          .usage(ptx, GPU)
          .forEach((entry, usage) -> assertEquals(0, usage.spilledBytes(), entry + usage));
      assertEquals(List.of(), ptxas.get().remarks(ptx, GPU));
      // Nothing but the map is read where it is passed.
      assertFalse(ptx.contains("local"), ptx);
    }
  }

  private static String ptx(ComputeDag dag, CudaTarget target) {
    var lowered =
        Lowering.lower(DesignSpace.of(dag, target).defaultCandidate().schedule(), "kernel");
    return new EmulatedKernel(lowered, target, HOST, threads).kernel().ptx();
  }
}
