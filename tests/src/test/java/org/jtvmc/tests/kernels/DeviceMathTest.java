package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.compiler.target.CpuModels;
import org.jtvmc.compiler.target.DeviceQuery;
import org.jtvmc.compiler.target.TargetParser;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Mathematics on GPUs: the CPU's polynomials, with the CPU's errors, which {@code MathAccuracyTest}
 * measures. The code gives the CPU's very bits where it runs on this machine, and its PTX leaves
 * the assembler nothing to round otherwise: no function of a library, no approximation, no number
 * flushed to zero, and no product and sum that might become one operation.
 */
class DeviceMathTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261127);
  private static final int VALUES = 4096;

  /** Without AVX-512, whose registers hold tables that a GPU's threads have not. */
  private static final CpuTarget HOST =
      (CpuTarget)
          new TargetParser(HostCpu.detect().target(), CpuModels.standard(), DeviceQuery.NONE)
              .parse("llvm -mcpu=x86-64-v3");

  private static final CudaTarget GPU = CudaTarget.typical(80);

  /** Instructions whose results PTX does not lay down to the bit. */
  private static final Pattern LOOSE =
      Pattern.compile(
          "\\.approx|\\.full|\\.ftz|\\bcall\\b|\\.extern \\.func|\\b(add|sub|mul)\\.f(32|64)");

  private static final double[] SPECIAL = {
    0.0, -0.0, 1, -1, Double.NaN, 0.5, -0.5, 2, 100, -100, 1.4e-45, Double.POSITIVE_INFINITY
  };

  private static byte[] threads;
  private static KernelCompiler compiler;
  private static KernelRuntime runtime;

  @BeforeAll
  static void open() {
    threads = DeviceThreads.build();
    compiler = new KernelCompiler(HOST);
    runtime = new KernelRuntime();
  }

  @AfterAll
  static void close() {
    runtime.close();
    compiler.close();
  }

  @ParameterizedTest
  @EnumSource
  void functionsGiveTheBitsOfTheCpu(IntrinsicOp op) {
    for (DType type : List.of(DType.F32, DType.F64)) {
      ComputeDag dag = function(op, type);
      SplittableRandom random = new SplittableRandom(SEED);
      List<NDArray> inputs = dag.inputs().stream().map(_ -> everyBinade(type, random)).toList();
      var onCpu = DesignSpace.of(dag, HOST).defaultCandidate().schedule();
      NDArray expected =
          new ScheduledKernel(Lowering.lower(onCpu, "kernel"), compiler, runtime)
              .run(given(onCpu.dag(), inputs), Optional.empty())
              .getFirst();
      var onGpu = DesignSpace.of(dag, GPU).defaultCandidate().schedule();
      LoweredKernel lowered = Lowering.lower(onGpu, "kernel");
      EmulatedKernel kernel = new EmulatedKernel(lowered, GPU, HOST, threads);
      NDArray actual = kernel.run(given(onGpu.dag(), inputs)).getFirst();

      for (int i = 0; i < VALUES; i++) {
        String what = "%s(%s) in %s".formatted(op, inputs.getFirst().getDouble(i), type);
        assertEquals(expected.getDouble(i), actual.getDouble(i), what);
      }
      var loose = LOOSE.matcher(kernel.kernel().ptx());
      assertFalse(loose.find(), () -> op + " has " + loose.group());
    }
  }

  private static ComputeDag function(IntrinsicOp op, DType type) {
    List<Tensor> inputs =
        IntStream.range(0, op.arity())
            .mapToObj(i -> Tensor.placeholder("x" + i, type, VALUES))
            .toList();
    return ComputeDag.of(
        List.of(
            Tensor.compute(
                "y",
                Tensor.sizes(VALUES),
                i ->
                    Intrinsic.of(op, inputs.stream().map(x -> x.at(i)).toArray(PrimExpr[]::new)))));
  }

  private static Map<Tensor, NDArray> given(ComputeDag dag, List<NDArray> inputs) {
    return IntStream.range(0, inputs.size())
        .boxed()
        .collect(Collectors.toMap(dag.inputs()::get, inputs::get));
  }

  /** Special values, every binade of either sign, and the range where most functions bend. */
  private static NDArray everyBinade(DType type, SplittableRandom random) {
    NDArray x = NDArray.allocate(TensorType.of(type, VALUES));
    double[] values = new double[VALUES];
    Arrays.setAll(
        values,
        i ->
            i < SPECIAL.length
                ? SPECIAL[i]
                : i % 2 == 0
                    ? Float.intBitsToFloat(random.nextInt())
                    : random.nextDouble() * 40 - 20);
    for (int i = 0; i < VALUES; i++) {
      x.setDouble(i, values[i]);
    }
    return x;
  }
}
