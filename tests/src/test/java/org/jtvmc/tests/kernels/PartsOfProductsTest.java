package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Products on tensor cores whose reduction is shared out, among the warps of a block or among
 * blocks, are right.
 */
class PartsOfProductsTest {
  private static final CudaTarget GPU = CudaTarget.typical(80);
  private static byte[] threads;

  @BeforeAll
  static void build() {
    threads = DeviceThreads.build();
  }

  /** Runs the candidate on tensor cores and compares it; returns the turns lost to banks. */
  private static long check(ComputeDag dag, Candidate candidate) {
    EmulatedKernel kernel = ProductEmulation.check(dag, candidate, GPU, threads);
    String ptx = kernel.kernel().ptx();
    assertTrue(ptx.contains("mma.sync.aligned"), candidate.values() + ptx);
    return kernel.bankConflicts();
  }

  /** The space's schedule with these decisions, which it must offer. */
  private static Candidate decided(ComputeDag dag, Map<String, String> decisions) {
    Candidate candidate = DesignSpace.of(dag, GPU).replay(decisions);
    decisions.forEach((name, value) -> assertEquals(value, candidate.values().get(name), name));
    return candidate;
  }

  @ParameterizedTest
  @CsvSource({
    "float16, float16, float32, 64, 256, 48, true, 8x4*2x4 cores in 4",
    "float16, float16, float32, 64, 256, 48, false, 16x4*2x8 cores in 2",
    "float16, float16, float32, 60, 256, 72, false, 8x4*4x8 cores in 4",
    "bfloat16, bfloat16, float32, 19, 256, 50, true, 8x4*2x4 cores in 8",
    "tfloat32, tfloat32, float32, 64, 64, 48, true, 16x4*2x4 cores in 4",
    "tfloat32, tfloat32, float32, 64, 64, 48, false, 8x4*2x8 cores in 2",
    "uint8, int8, int32, 64, 256, 48, true, 8x4*2x8 cores in 4",
  })
  void warpsShareOutTheReduction(
      String left,
      String right,
      String sum,
      long rows,
      long depth,
      long columns,
      boolean byRows,
      String tile) {
    ComputeDag dag =
        NarrowProduct.of(
            DType.parse(left), DType.parse(right), DType.parse(sum), rows, depth, columns, byRows);
    String product = sum.equals("int32") ? "product.cache" : "product";
    Map<String, String> decisions =
        new HashMap<>(Map.of(product + ".cores", "yes", product + ".tile", tile));
    assertEquals(0, check(dag, decided(dag, decisions)));
  }

  @ParameterizedTest
  @CsvSource({
    "float16, float16, float32, 64, 512, 48, true, 4, 8x4*2x4 cores",
    "float16, float16, float32, 60, 256, 72, false, 2, 8x4*4x8 cores in 2",
    "tfloat32, tfloat32, float32, 64, 128, 48, true, 2, 16x4*2x4 cores in 4",
    "int8, int8, int32, 64, 512, 48, true, 2, 16x4*2x8 cores",
  })
  void blocksShareOutTheReduction(
      String left,
      String right,
      String sum,
      long rows,
      long depth,
      long columns,
      boolean byRows,
      String parts,
      String tile) {
    ComputeDag dag =
        NarrowProduct.of(
            DType.parse(left), DType.parse(right), DType.parse(sum), rows, depth, columns, byRows);
    Map<String, String> decisions =
        Map.of(
            "product.split", parts, "product.rf.cache.cores", "yes", "product.rf.cache.tile", tile);
    assertEquals(0, check(dag, decided(dag, decisions)));
  }

  private static ComputeDag function(String text) {
    var module = ModuleText.parse(text, OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), parameter -> parameter > 0);
  }

  private static ComputeDag convolution() {
    return function(
        """
        def @main(%x: Tensor[(1, 9, 14, 256), float16], %w: Tensor[(40, 256, 3, 3), float16])
            -> Tensor[(1, 9, 14, 40), float32] {
          %0 = nn.conv2d(%x, %w, data_layout="NHWC", padding=[1, 1, 1, 1], out_dtype=float32);
          nn.relu(%0)
        }
        """);
  }

  @Test
  void blocksShareOutWhatConvolutionsReduce() {
    ComputeDag dag = convolution();
    Map<String, String> decisions =
        Map.of("conv2d.split", "2", "conv2d.rf.cache.tile", "8x4*2x4 cores in 2");
    check(dag, decided(dag, decisions));
  }

  @ParameterizedTest
  @CsvSource({"8x4*2x4 cores in 4", "16x4*2x8 cores in 2", "8x4*4x4 cores in 2"})
  void warpsShareOutWhatConvolutionsReduce(String tile) {
    ComputeDag dag = convolution();
    check(dag, decided(dag, Map.of("conv2d.cores", "yes", "conv2d.tile", tile)));
  }

  @ParameterizedTest
  @CsvSource({"transpose, 8x4*2x4 cores in 4", "relu, 16x4*2x4 cores in 2"})
  void warpsShareOutBatchesOfProducts(String last, String tile) {
    String result = last.equals("transpose") ? "(3, 40, 32)" : "(3, 32, 40)";
    String call = last.equals("transpose") ? "transpose(%0, axes=[0, 2, 1])" : "nn.relu(%0)";
    ComputeDag dag =
        function(
            """
            def @main(%%x: Tensor[(3, 32, 128), float16], %%w: Tensor[(3, 128, 40), float16])
                -> Tensor[%s, float32] {
              %%0 = nn.matmul(%%x, %%w, out_dtype=float32);
              %s
            }
            """
                .formatted(result, call));
    check(dag, decided(dag, Map.of("matmul.cores", "yes", "matmul.tile", tile)));
  }

  /** In tiles of shared memory where there are 16 rows and columns, else by each thread alone. */
  @ParameterizedTest
  @CsvSource({
    "float32, 40, 48, '(40, 48)', '[1, 0]', '(48, 40)', 1",
    "float32, 40, 48, '(2, 20, 3, 16)', '[0, 2, 3, 1]', '(2, 3, 16, 20)', 1",
    "float32, 6, 48, '(6, 48)', '[1, 0]', '(48, 6)', 0",
    "float32, 40, 48, '(40, 12, 4)', '[2, 0, 1]', '(4, 40, 12)', 0",
    "float16, 32, 48, '(32, 48)', '[1, 0]', '(48, 32)', 1",
  })
  void partsOfATurnedProductAreAddedUp(
      String type, long rows, long columns, String shape, String axes, String result, int tiles) {
    ComputeDag dag =
        function(
            """
            def @main(%%x: Tensor[(%d, 512), %s], %%w: Tensor[(%d, 512), %s],
                      %%b: Tensor[(%d,), float32]) -> Tensor[%s, float32] {
              %%0 = nn.dense(%%x, %%w, out_dtype=float32);
              %%1 = nn.bias_add(%%0, %%b, axis=1);
              %%2 = reshape(%%1, newshape=%s);
              transpose(%%2, axes=%s)
            }
            """
                .formatted(
                    rows,
                    type,
                    columns,
                    type,
                    columns,
                    result,
                    shape.replace('(', '[').replace(')', ']'),
                    axes));
    Candidate candidate = decided(dag, Map.of("dense.split", "2"));
    EmulatedKernel kernel = ProductEmulation.check(dag, candidate, GPU, threads);
    assertEquals(2, kernel.kernel().launches().size());
    assertEquals(
        tiles,
        candidate.values().keySet().stream().filter(name -> name.endsWith(".transpose")).count());
    assertEquals(0, kernel.bankConflicts());
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void randomSchedulesAreRight(boolean byRows) {
    ComputeDag dag = NarrowProduct.of(DType.F16, DType.F16, DType.F32, 40, 512, 24, byRows);
    DesignSpace space = DesignSpace.of(dag, GPU);
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 8; i++) {
      Candidate candidate = space.random(random);
      if ("yes".equals(candidate.values().get("product.cores"))) {
        check(dag, candidate);
      }
    }
  }
}
