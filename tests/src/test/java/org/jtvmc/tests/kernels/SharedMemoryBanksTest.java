package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The default schedules of GPUs have no two threads of a warp wait for one bank. */
class SharedMemoryBanksTest {
  private static final CpuTarget HOST = HostCpu.detect().target();
  private static byte[] threads;

  @BeforeAll
  static void build() {
    threads = DeviceThreads.build();
  }

  /** Runs a kernel, whose results have to be exact. */
  private static EmulatedKernel run(ComputeDag dag, CudaTarget gpu, Map<String, String> decisions) {
    Random random = new Random(5);
    Map<Tensor, NDArray> inputs = new HashMap<>();
    for (Tensor input : dag.inputs()) {
      NDArray array = NDArray.allocate(ScheduledKernel.type(input.dtype(), input.shape()));
      for (long i = 0; i < array.elements(); i++) {
        array.setDouble(i, random.nextInt(13) - 6);
      }
      inputs.put(input, array);
    }
    var candidate = DesignSpace.of(dag, gpu).replay(decisions);
    EmulatedKernel kernel =
        new EmulatedKernel(Lowering.lower(candidate.schedule(), "kernel"), gpu, HOST, threads);
    NDArray actual = kernel.run(inputs).getFirst();
    NDArray expected = TensorEvaluator.evaluate(dag.outputs(), inputs).getFirst();
    for (long i = 0; i < actual.elements(); i++) {
      assertEquals(expected.getDouble(i), actual.getDouble(i), "element " + i);
    }
    return kernel;
  }

  private static ComputeDag transpose(DType dtype, long batch, long rows, long columns) {
    Tensor x = Tensor.placeholder("x", dtype, batch, rows, columns);
    return ComputeDag.of(
        List.of(
            Tensor.compute(
                "turned",
                Tensor.sizes(batch, columns, rows),
                i -> x.at(i.get(0), i.get(2), i.get(1)))));
  }

  @ParameterizedTest
  @CsvSource({
    "float32, 64, 96, 32", "float32, 33, 47, 32", "float32, 65, 130, 64",
    "float16, 64, 96, 32", "int8, 64, 96, 32", "float64, 64, 40, 32"
  })
  void tilesOfTransposesHaveNoConflicts(String dtype, long rows, long columns, String side) {
    ComputeDag dag = transpose(DType.parse(dtype), 2, rows, columns);
    EmulatedKernel kernel = run(dag, CudaTarget.typical(80), Map.of("turned.transpose", side));
    assertEquals(0, kernel.sharedConflicts());
    assertTrue(kernel.kernel().ptx().contains(".shared."), "no shared memory");
  }

  @Test
  void rowsWithoutPaddingAreSeenToConflict() {
    ComputeDag dag = transpose(DType.F32, 1, 32, 32);
    Map<String, String> unpadded = Map.of("turned.transpose", "32", "turned.pad", "0");
    // 32 warps read a column of 32 elements of one bank each.
    assertEquals(32 * 31, run(dag, CudaTarget.typical(80), unpadded).sharedConflicts());
  }

  @ParameterizedTest
  @CsvSource({
    "80, 128, 64, 128, true",
    "80, 128, 64, 128, false",
    "90, 37, 29, 83, false",
    "90, 256, 48, 64, true"
  })
  void productsHaveNoConflicts(int arch, long rows, long depth, long columns, boolean byRows) {
    Tensor x = Tensor.placeholder("x", DType.F32, rows, depth);
    Tensor w = NarrowProduct.weights(DType.F32, depth, columns, byRows);
    Tensor product = NarrowProduct.product(x, w, DType.F32, byRows);
    EmulatedKernel kernel =
        run(ComputeDag.of(List.of(product)), CudaTarget.typical(arch), Map.of());
    assertEquals(0, kernel.sharedConflicts());
  }
}
