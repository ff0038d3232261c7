package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.step.JoinLaunch;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parts of products are added up by the last block of each tile, whichever comes last. */
class LastBlocksTest {
  private static final CudaTarget GPU = CudaTarget.typical(80);
  private static final CpuTarget HOST = HostCpu.detect().target();
  private static byte[] threads;

  @BeforeAll
  static void build() {
    threads = DeviceThreads.build();
  }

  private static Candidate decided(ComputeDag dag, Map<String, String> decisions) {
    Candidate candidate = DesignSpace.of(dag, GPU).replay(decisions);
    decisions.forEach((name, value) -> assertEquals(value, candidate.values().get(name), name));
    return candidate;
  }

  /** One launch, right in every order of blocks, on a device's threads and in the interpreter. */
  private static DeviceKernel check(ComputeDag dag, Candidate candidate) {
    LoweredKernel lowered = Lowering.lower(candidate.schedule(), "kernel");
    Map<Tensor, NDArray> inputs = NarrowProduct.inputs(dag);
    NDArray expected = TensorEvaluator.evaluate(dag.outputs(), inputs).getFirst();
    EmulatedKernel kernel = new EmulatedKernel(lowered, GPU, HOST, threads);
    for (long seed = 1; seed <= 4; seed++) {
      NDArray actual = kernel.run(inputs, Long.MAX_VALUE, seed).outputs().getFirst();
      ProductEmulation.assertSame(expected, actual, candidate);
    }
    NDArray interpreted = NDArray.allocate(expected.type());
    List<NDArray> given = new ArrayList<>();
    lowered.sources().forEach(source -> given.add(inputs.get(source)));
    LoopInterpreter.run(lowered.func(), given, List.of(interpreted), Map.of(), 3);
    ProductEmulation.assertSame(expected, interpreted, candidate);
    assertEquals(1, kernel.kernel().launches().size(), candidate.values().toString());
    assertTrue(kernel.kernel().counterBytes() > 0);
    ProductEmulation.assertNoRemarks(kernel.kernel().ptx(), GPU);
    return kernel.kernel();
  }

  @ParameterizedTest
  @CsvSource({
    "float32, float32, float32, 32, 256, 64, true, 4",
    "float32, float32, float32, 35, 128, 50, false, 2",
    "float32, float32, float32, 30, 96, 45, true, 8",
    "float16, float16, float32, 64, 512, 48, true, 4",
    "float16, float16, float32, 60, 512, 72, false, 2",
    "int8, int8, int32, 64, 1024, 48, true, 2",
  })
  void partsAreAddedUpInOneLaunch(
      String left,
      String right,
      String sum,
      long rows,
      long depth,
      long columns,
      boolean byRows,
      String parts) {
    ComputeDag dag =
        NarrowProduct.of(
            DType.parse(left), DType.parse(right), DType.parse(sum), rows, depth, columns, byRows);
    check(dag, decided(dag, Map.of("product.split", parts, "product.adding", "block")));
  }

  @ParameterizedTest
  @CsvSource({"float32", "float16"})
  void soAreThoseOfConvolutions(String type) {
    var module =
        ModuleText.parse(
            """
            def @main(%%x: Tensor[(1, 7, 7, 64), %s], %%w: Tensor[(40, 64, 3, 3), %s],
                      %%b: Tensor[(40,), float32]) -> Tensor[(1, 7, 7, 40), float32] {
              %%0 = nn.conv2d(%%x, %%w, data_layout="NHWC", padding=[1, 1, 1, 1], out_dtype=float32);
              %%1 = nn.bias_add(%%0, %%b, axis=3);
              nn.relu(%%1)
            }
            """
                .formatted(type, type),
            OperatorRegistry.standard()::find);
    ComputeDag dag = FunctionLowering.lower(module.main(), parameter -> false);
    check(dag, decided(dag, Map.of("conv2d.split", "2", "conv2d.adding", "block")));
  }

  /** What turns the product has no tile in common with the blocks that make it. */
  @Test
  void whatIsTurnedIsAddedUpByAnotherLaunch() {
    Tensor x = Tensor.placeholder("x", DType.F32, 32, 256);
    Tensor w = Tensor.placeholder("w", DType.F32, 64, 256);
    Tensor product = NarrowProduct.product(x, w, DType.F32, true);
    Tensor turned =
        Tensor.compute(
            "turned",
            Tensor.sizes(64, 32),
            i -> product.at(i.get(1), i.get(0)).plus(FloatImm.f32(1)));
    ComputeDag dag = ComputeDag.of(List.of(x, w), List.of(turned));
    Candidate candidate = decided(dag, Map.of("product.split", "4"));
    assertTrue(!candidate.values().containsKey("product.adding"));
  }

  @Test
  void anotherTileIsRefused() {
    ComputeDag dag = NarrowProduct.of(DType.F32, DType.F32, DType.F32, 128, 256, 64, true);
    Candidate apart = decided(dag, Map.of("product.split", "4", "product.adding", "launch"));
    Schedule joined = apart.schedule().apply(new JoinLaunch("relu", "product.rf"));
    assertThrows(ScheduleException.class, () -> Lowering.lower(joined, "kernel"));
  }
}
