package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.SplittableRandom;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.step.SoftmaxAlong;
import org.jtvmc.schedule.step.StepCodec;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention is one launch on GPUs, in all its forms, and right. */
class AttentionInBlocksTest {
  private static final CudaTarget GPU = CudaTarget.typical(90);

  /** Weights are rounded to 8 bits of fraction in bfloat16; values are no larger than 6. */
  private static final double TOLERANCE = 2e-2;

  /** Multiply-adds of one instruction of the tensor cores, of numbers of 16 bits. */
  private static final long PRODUCTS_OF_WARP = 16 * 8 * 16;

  private static byte[] threads;

  @BeforeAll
  static void build() {
    threads = DeviceThreads.build();
  }

  /** How scores become what the softmax takes, and how keys lie. */
  enum Form {
    /** Scaled by a product, with a mask that is added to all rows alike. */
    ADDED("(%n)", "float32", "", "multiply(%s0, const(0.125, float32))", "add(%s1, %m)"),
    /** Scaled by a quotient, with a mask of each row that chooses, as a causal one. */
    CHOSEN(
        "(%q, %n)",
        "bool", "", "divide(%s0, const(8.0, float32))", "where(%m, %s1, const(-10000.0, float32))"),
    /** A mask of each row that is added. */
    OF_ROWS("(%q, %n)", "float32", "", "multiply(%s0, const(0.125, float32))", "add(%s1, %m)"),
    /** Keys that lie one behind the other, and no mask. */
    KEYS_BY_ROWS("(1,)", "float32", "transpose_b=true, ", "nn.relu(%s0)", "add(%s1, %m)");

    private final String maskShape;
    private final String maskType;
    private final String product;
    private final String scale;
    private final String mask;

    Form(String maskShape, String maskType, String product, String scale, String mask) {
      this.maskShape = maskShape;
      this.maskType = maskType;
      this.product = product;
      this.scale = scale;
      this.mask = mask;
    }
  }

  /**
   * Scores, their softmax, and its product with the values, written turned.
   *
   * @param type of the queries, keys and values; sums and the softmax are of float32
   */
  static ComputeDag attention(
      Form form, String type, long heads, long queries, long keys, long depth, long columns) {
    boolean byRows = form == Form.KEYS_BY_ROWS;
    String mask =
        form.maskShape.replace("%q", Long.toString(queries)).replace("%n", Long.toString(keys));
    String text =
        """
        def @main(%%q: Tensor[(%d, %d, %d), %s], %%k: Tensor[(%d, %d, %d), %s],
                  %%m: Tensor[%s, %s], %%v: Tensor[(%d, %d, %d), %s])
            -> Tensor[(%d, %d, %d), float32] {
          %%s0 = nn.matmul(%%q, %%k, %sout_dtype=float32);
          %%s1 = %s;
          %%s2 = %s;
          %%s3 = nn.softmax(%%s2, axis=-1);
          %%s4 = %s;
          %%s5 = nn.matmul(%%s4, %%v, out_dtype=float32);
          transpose(%%s5, axes=[1, 0, 2])
        }
        """
            .formatted(
                heads,
                queries,
                depth,
                type,
                heads,
                byRows ? keys : depth,
                byRows ? depth : keys,
                type,
                mask.matches("\\(\\d+\\)") ? mask.replace(")", ",)") : mask,
                form.maskType,
                heads,
                keys,
                columns,
                type,
                queries,
                heads,
                columns,
                form.product,
                form.scale,
                form.mask,
                type.equals("float32") ? "nn.relu(%s3)" : "cast(%s3, dtype=" + type + ")");
    var module = ModuleText.parse(text, OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), _ -> false);
  }

  private static EmulatedKernel check(ComputeDag dag, Candidate candidate, CudaTarget gpu) {
    return check(dag, candidate, gpu, NarrowProduct.inputs(dag));
  }

  private static EmulatedKernel check(
      ComputeDag dag, Candidate candidate, CudaTarget gpu, Map<Tensor, NDArray> inputs) {
    EmulatedKernel kernel =
        new EmulatedKernel(
            Lowering.lower(candidate.schedule(), "attention"),
            gpu,
            HostCpu.detect().target(),
            threads);
    NDArray expected = TensorEvaluator.evaluate(dag.outputs(), inputs).getFirst();
    NDArray actual = kernel.run(inputs).getFirst();
    for (long i = 0; i < actual.elements(); i++) {
      assertEquals(
          expected.getDouble(i),
          actual.getDouble(i),
          TOLERANCE,
          "element " + i + candidate.values());
    }
    ProductEmulation.assertNoRemarks(kernel.kernel().ptx(), gpu);
    return kernel;
  }

  @ParameterizedTest
  @CsvSource({
    "ADDED, float16, 2, 32, 64, 32, 32",
    "ADDED, float32, 2, 32, 64, 32, 32",
    "CHOSEN, bfloat16, 3, 48, 48, 64, 64",
    "CHOSEN, float32, 3, 64, 64, 16, 16",
    "KEYS_BY_ROWS, float16, 2, 40, 80, 16, 48",
    "KEYS_BY_ROWS, float32, 2, 19, 37, 24, 20",
    "ADDED, float16, 2, 24, 37, 32, 32",
    "CHOSEN, float16, 1, 20, 144, 128, 128",
    "KEYS_BY_ROWS, float16, 8, 144, 336, 64, 64",
    "ADDED, float16, 4, 32, 1040, 32, 32",
  })
  void attentionIsOneLaunch(
      Form form, String type, long heads, long queries, long keys, long depth, long columns) {
    ComputeDag dag = attention(form, type, heads, queries, keys, depth, columns);
    Candidate candidate = DesignSpace.of(dag, GPU).replay(Map.of("transpose.chain", "together"));
    EmulatedKernel kernel = check(dag, candidate, GPU);
    String about = candidate.values() + kernel.kernel().ptx();
    assertEquals(1, kernel.kernel().launches().size(), about);
    assertEquals(0, kernel.bankConflicts(), about);
    boolean cores = !type.equals("float32");
    assertEquals(cores, kernel.kernel().ptx().contains("mma.sync.aligned"), about);
  }

  @ParameterizedTest
  @CsvSource({
    "90, ADDED, float16, 2, 32, 128, 32, 32, '32 rows, 32 keys, 2 warps, running'",
    "75, ADDED, float16, 2, 32, 128, 32, 32, '32 rows, 32 keys, 2 warps, running'",
    "80, ADDED, float32, 2, 32, 96, 32, 32, '16 rows, 32 keys, 4 warps, running'",
    "80, CHOSEN, bfloat16, 2, 64, 256, 64, 64, '64 rows, 64 keys, 4 warps, running'",
    "75, CHOSEN, float32, 3, 64, 64, 16, 16, '64 rows, 32 keys, 8 warps, running'",
    "90, KEYS_BY_ROWS, float16, 2, 48, 192, 16, 48, '16 rows, 64 keys, 1 warps, running'",
    "90, KEYS_BY_ROWS, float32, 2, 32, 128, 24, 20, '32 rows, 64 keys, 2 warps, running'",
    "90, ADDED, float16, 1, 128, 128, 128, 128, '64 rows, 64 keys, 8 warps, running'",
    "90, ADDED, float16, 1, 16, 1024, 64, 64, '16 rows, 256 keys, 8 warps, running'",
    // Neither rows nor keys are multiples of the tile.
    "90, KEYS_BY_ROWS, float16, 2, 77, 77, 32, 32, '32 rows, 32 keys, 2 warps, running'",
    "80, ADDED, bfloat16, 2, 37, 100, 32, 32, '16 rows, 64 keys, 2 warps, running'",
    "75, ADDED, float16, 2, 37, 50, 32, 32, '32 rows, 32 keys, 2 warps, running'",
    "80, CHOSEN, float32, 2, 50, 77, 24, 20, '32 rows, 32 keys, 4 warps, running'",
    "90, CHOSEN, float16, 2, 40, 150, 64, 64, '16 rows, 64 keys, 4 warps, running'",
    "90, KEYS_BY_ROWS, float32, 3, 70, 197, 32, 32, '64 rows, 64 keys, 8 warps, running'",
    "90, ADDED, float16, 1, 64, 300, 64, 64, '64 rows, 128 keys, 8 warps, running'",
  })
  void theSoftmaxRunsAlongTheKeys(
      int arch,
      Form form,
      String type,
      long heads,
      long queries,
      long keys,
      long depth,
      long columns,
      String tile) {
    ComputeDag dag = attention(form, type, heads, queries, keys, depth, columns);
    CudaTarget gpu = CudaTarget.typical(arch);
    Candidate candidate = running(dag, gpu, tile);
    EmulatedKernel kernel = check(dag, candidate, gpu);
    String about = candidate.values() + kernel.kernel().ptx();
    assertEquals(1, kernel.kernel().launches().size(), about);
    boolean cores = arch >= 80 && !type.equals("float32");
    assertEquals(cores, kernel.kernel().ptx().contains("mma.sync.aligned"), about);
    String[] words = tile.split(" ");
    long scores = Long.parseLong(words[0]) * Long.parseLong(words[2]) * depth;
    long ofScores = scores / PRODUCTS_OF_WARP / Long.parseLong(words[4]);
    // More than the last product's alone, each warp's part of which is straight code.
    long found = kernel.kernel().ptx().split("mma.sync.aligned", -1).length - 1L;
    assertEquals(cores, found > ofScores, found + " instructions: " + about);
    assertEquals(0, arch >= 80 ? kernel.bankConflicts() : 0, about);
  }

  private static Candidate running(ComputeDag dag, CudaTarget gpu, String tile) {
    Candidate candidate =
        DesignSpace.of(dag, gpu)
            .replay(Map.of("transpose.chain", "together", "transpose.tile", tile));
    assertEquals(tile, candidate.values().get("transpose.tile"));
    assertEquals(
        candidate.steps(), StepCodec.read(StepCodec.write(candidate.steps())), "as records");
    return candidate;
  }

  @Test
  void whatRunsAlongAReductionMustBeComputedInsideIt() {
    ComputeDag dag = attention(Form.ADDED, "float32", 2, 32, 128, 32, 32);
    Schedule schedule = Schedule.of(dag);
    Tensor product = dag.stages().getLast().reads().getFirst();
    String last = schedule.stageOf(product).orElseThrow().id();
    assertThrows(ScheduleException.class, () -> schedule.apply(new SoftmaxAlong(last, 0)));
    assertThrows(
        ScheduleException.class,
        () -> schedule.apply(new SoftmaxAlong(dag.stages().getFirst().id(), 32)));
    Schedule along = schedule.apply(new SoftmaxAlong(last, 32));
    assertThrows(ScheduleException.class, () -> Lowering.lower(along, "attention"));
  }

  /** Beside the last step's keys, of which some are beyond the end. */
  @Test
  void rowsThatAreMaskedWhollyAreNoNumbers() {
    ComputeDag dag = attention(Form.OF_ROWS, "float16", 2, 37, 100, 32, 32);
    Map<Tensor, NDArray> inputs = NarrowProduct.inputs(dag);
    NDArray mask = inputs.get(dag.inputs().get(2));
    for (long key = 0; key < 100; key++) {
      mask.setDouble(5 * 100 + key, Double.NEGATIVE_INFINITY);
      mask.setDouble(36 * 100 + key, Double.NEGATIVE_INFINITY);
    }
    for (long key = 90; key < 100; key++) {
      mask.setDouble(7 * 100 + key, Double.NEGATIVE_INFINITY);
    }
    check(dag, running(dag, GPU, "32 rows, 64 keys, 4 warps, running"), GPU, inputs);
  }

  @Test
  void keysThatAreMaskedByMinusInfinityCountNothing() {
    ComputeDag dag = attention(Form.ADDED, "float16", 2, 32, 128, 32, 32);
    Map<Tensor, NDArray> inputs = NarrowProduct.inputs(dag);
    NDArray mask = inputs.get(dag.inputs().get(2));
    for (long key = 0; key < 40; key++) {
      mask.setDouble(key, Double.NEGATIVE_INFINITY);
    }
    for (long key = 70; key < 128; key++) {
      mask.setDouble(key, Double.NEGATIVE_INFINITY);
    }
    check(dag, running(dag, GPU, "32 rows, 32 keys, 2 warps, running"), GPU, inputs);
  }

  @ParameterizedTest
  @CsvSource({
    "12, 128, 128, 32, true",
    "12, 128, 128, 64, true",
    // Blocks would be few, and go through many keys behind each other.
    "1, 16, 1536, 128, false",
    "2, 64, 8192, 64, false",
    // The scores of 16 rows are more than shared memory has room for: the softmax runs along them.
    "16, 2048, 8192, 64, true",
  })
  void theModelTakesOneLaunchWhereThatIsFaster(
      long heads, long queries, long keys, long depth, boolean together) {
    ComputeDag dag = attention(Form.ADDED, "float16", heads, queries, keys, depth, depth);
    Candidate candidate = DesignSpace.of(dag, GPU).defaultCandidate();
    String loops = Lowering.lower(candidate.schedule(), "attention").func().toString();
    long launches = loops.lines().filter(line -> line.contains("blockIdx.x for")).count();
    assertEquals(together, launches == 1, candidate.values().toString());
  }

  @ParameterizedTest
  @CsvSource({
    "float16, 80, 32, 96, 32, 48",
    "float32, 80, 48, 70, 24, 40",
    "float16, 75, 32, 64, 32, 32",
    "bfloat16, 90, 64, 64, 64, 64",
    "float16, 90, 45, 77, 32, 32",
    "bfloat16, 80, 33, 150, 32, 24",
    "float32, 75, 50, 100, 16, 32",
  })
  void randomSchedulesAreRight(
      String type, int arch, long queries, long keys, long depth, long columns) {
    ComputeDag dag = attention(Form.ADDED, type, 2, queries, keys, depth, columns);
    CudaTarget gpu = CudaTarget.typical(arch);
    DesignSpace space = DesignSpace.of(dag, gpu);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 6; i++) {
      check(dag, space.random(random), gpu);
    }
  }
}
