package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.pass.CpuPipeline;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.step.Pack;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.StepCodec;
import org.jtvmc.schedule.step.Tensorize;
import org.jtvmc.schedule.step.Unroll;
import org.junit.jupiter.api.Test;

/** Loops whose work an instruction does: the instruction is there, and the answer is the same. */
class TensorizedKernelsTest {
  private static final long M = 6;
  private static final long N = 48;
  private static final long K = 40;

  /** {@code c[m, n] = sum(a[m, k] * b[n, k])} over narrow numbers, b a constant. */
  private record Product(ComputeDag dag, Tensor a, Tensor b) {
    static Product of(DType left, DType right, DType sum) {
      Tensor a = Tensor.placeholder("a", left, M, K);
      Tensor b = Tensor.placeholder("b", right, true, Tensor.placeholder("s", right, N, K).shape());
      Axis m = Axis.of("m", M);
      Axis n = Axis.of("n", N);
      Axis k = Axis.of("k", K);
      Tensor c =
          Tensor.reduce(
              "c",
              Reducer.SUM,
              List.of(m, n),
              List.of(k),
              a.at(m.var(), k.var()).cast(sum).times(b.at(n.var(), k.var()).cast(sum)));
      return new Product(ComputeDag.of(List.of(a, b), List.of(c)), a, b);
    }

    Map<Tensor, NDArray> inputs() {
      Map<Tensor, NDArray> inputs = new HashMap<>();
      SplittableRandom random = new SplittableRandom(7);
      for (Tensor input : List.of(a, b)) {
        NDArray array = NDArray.allocate(ScheduledKernel.type(input.dtype(), input.shape()));
        for (long i = 0; i < array.elements(); i++) {
          if (input.dtype().isFloat()) {
            array.setDouble(i, random.nextDouble() - 0.5);
          } else {
            array.setLong(
                i,
                input.dtype().equals(DType.U8) ? random.nextInt(256) : random.nextInt(-128, 128));
          }
        }
        inputs.put(input, array);
      }
      return inputs;
    }
  }

  private static List<Step> steps(long length, String intrinsic) {
    return List.of(
        new Split("c", "n", List.of(16L)),
        new Split("c", "k", List.of(length)),
        new Reorder("c", List.of("n.0", "k.0", "m", "n.1", "k.1")),
        new Unroll("c", "m"),
        new Tensorize("c", "n.1", intrinsic),
        new Pack("b", "c"));
  }

  private static LoweredKernel lower(Product product, List<Step> steps) {
    List<Step> reread = StepCodec.read(StepCodec.write(steps));
    assertEquals(steps, reread);
    return Lowering.lower(Schedule.replay(product.dag(), reread), "product");
  }

  @Test
  void bytesAreMultipliedFourAtATime() {
    Product product = Product.of(DType.U8, DType.I8, DType.I32);
    LoweredKernel lowered = lower(product, steps(4, "x86.dot4.u8s8"));
    checkLoops(product, lowered, 0);
    runHere(product, lowered, 0, "avx512vnni");
    String assembly = assembly(lowered, "avx512vnni");
    assertEquals(M, count(assembly, "vpdpbusd"), assembly);
  }

  @Test
  void bfloatsAreMultipliedTwoAtATime() {
    Product product = Product.of(DType.BF16, DType.BF16, DType.F32);
    LoweredKernel lowered = lower(product, steps(2, "x86.dot2.bf16"));
    checkLoops(product, lowered, 1e-5);
    String assembly = assembly(lowered, "avx512bf16");
    assertEquals(M, count(assembly, "vdpbf16ps"), assembly);
    runHere(product, lowered, 1e-5, "avx512bf16");
  }

  @Test
  void processorsWithoutTheInstructionComputeTheSameByOthers() {
    Product product = Product.of(DType.U8, DType.I8, DType.I32);
    LoweredKernel lowered = lower(product, steps(4, "x86.dot4.u8s8"));
    assertEquals(0, count(assembly(lowered, "avx2"), "vpdpbusd"));
    runHere(product, lowered, 0, "sse2");
  }

  @Test
  void loopsThatComputeSomethingElseAreRefused() {
    Product swapped = Product.of(DType.I8, DType.U8, DType.I32);
    assertRefused(swapped, steps(4, "x86.dot4.u8s8"), "elements apart");
    Product halves = Product.of(DType.F16, DType.F16, DType.F32);
    assertRefused(halves, steps(2, "x86.dot2.bf16"), "it computes");
    Product bytes = Product.of(DType.U8, DType.I8, DType.I32);
    assertRefused(bytes, steps(8, "x86.dot4.u8s8"), "are not those of intrinsic");
    assertRefused(bytes, steps(4, "x86.dot4.u8s8").subList(0, 5), "elements apart");
    assertRefused(bytes, steps(4, "x86.nothing"), "there is no tensor intrinsic");
  }

  private static void assertRefused(Product product, List<Step> steps, String why) {
    ScheduleException refused =
        assertThrows(
            ScheduleException.class,
            () -> Lowering.lower(Schedule.replay(product.dag(), steps), "product"));
    assertTrue(refused.getMessage().contains(why), refused.getMessage());
  }

  private static void checkLoops(Product product, LoweredKernel lowered, double tolerance) {
    Map<Tensor, NDArray> inputs = product.inputs();
    NDArray packed =
        NDArray.allocate(
            ScheduledKernel.type(
                lowered.packed().getFirst().packed().dtype(),
                lowered.packed().getFirst().packed().shape()));
    LoopInterpreter.run(
        lowered.packed().getFirst().packing(), List.of(inputs.get(product.b())), List.of(packed));
    NDArray actual =
        NDArray.allocate(
            ScheduledKernel.type(
                product.dag().outputs().getFirst().dtype(),
                product.dag().outputs().getFirst().shape()));
    LoopInterpreter.run(lowered.func(), List.of(inputs.get(product.a()), packed), List.of(actual));
    compare(product, actual, tolerance);
  }

  private static void runHere(
      Product product, LoweredKernel lowered, double tolerance, String feature) {
    CpuTarget host = HostCpu.detect().target();
    if (!host.features().contains(feature)) {
      return;
    }
    try (KernelCompiler compiler = new KernelCompiler(host);
        KernelRuntime runtime = new KernelRuntime()) {
      NDArray actual =
          new ScheduledKernel(lowered, compiler, runtime)
              .run(product.inputs(), Optional.empty())
              .getFirst();
      compare(product, actual, tolerance);
    }
  }

  private static void compare(Product product, NDArray actual, double tolerance) {
    NDArray expected =
        TensorEvaluator.evaluate(product.dag().outputs(), product.inputs()).getFirst();
    for (long i = 0; i < expected.elements(); i++) {
      assertEquals(expected.getDouble(i), actual.getDouble(i), tolerance, "element " + i);
    }
  }

  /** The machine code for a processor that has the feature. */
  private static String assembly(LoweredKernel lowered, String feature) {
    TreeSet<String> features = new TreeSet<>(List.of("avx", "avx2", "f16c", "fma", feature));
    if (feature.startsWith("avx512")) {
      features.addAll(
          List.of("avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512cd", "evex512"));
    }
    CpuTarget target =
        new CpuTarget("x86_64-unknown-linux-gnu", "x86-64", features, 1, CpuTarget.Caches.TYPICAL);
    List<String> assembly = new ArrayList<>();
    CodeListener listener =
        (stage, _, text) -> {
          if (stage == CodeListener.Stage.ASM) {
            assembly.add(text.get());
          }
        };
    try (KernelCompiler compiler =
        new KernelCompiler(target, CpuPipeline.passes(target), listener)) {
      compiler.compile(lowered.func());
    }
    return assembly.getFirst();
  }

  private static long count(String text, String word) {
    return text.lines().filter(line -> line.contains(word)).count();
  }
}
