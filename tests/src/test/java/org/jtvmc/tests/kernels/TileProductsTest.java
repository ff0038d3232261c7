package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.codegen.pass.CpuPipeline;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.lower.PackedConstant;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Products of narrow numbers in AMX's tile registers: the instructions are there, and the loops, as
 * well as the machine code where this machine can run it, compute what the expression says.
 */
class TileProductsTest {
  private static final int SCHEDULES = 3;

  /** A processor that has AMX, whatever this machine is. */
  private static final CpuTarget TARGET =
      new CpuTarget(
          "x86_64-unknown-linux-gnu",
          "sapphirerapids",
          new TreeSet<>(
              List.of(
                  ("avx avx2 f16c fma avx512f avx512bw avx512vl avx512dq avx512cd avx512vnni"
                          + " avx512bf16 evex512 amx-tile amx-bf16 amx-int8")
                      .split(" "))),
          2,
          CpuTarget.Caches.TYPICAL);

  /** {@code sum(wide(a[m, k]) * wide(b[k, n])) + 1}. */
  private static ComputeDag product(
      String left, String right, long rows, long columns, long products) {
    DType sum = left.equals("bfloat16") ? DType.F32 : DType.I32;
    Tensor a = Tensor.placeholder("a", dtype(left), rows, products);
    Tensor shape = Tensor.placeholder("shape", dtype(right), products, columns);
    Tensor b = Tensor.placeholder("b", dtype(right), true, shape.shape());
    Axis m = Axis.of("m", rows);
    Axis n = Axis.of("n", columns);
    Axis k = Axis.of("k", products);
    Tensor c =
        Tensor.reduce(
            "c",
            Reducer.SUM,
            List.of(m, n),
            List.of(k),
            a.at(m.var(), k.var()).cast(sum).times(b.at(k.var(), n.var()).cast(sum)));
    Tensor d =
        Tensor.compute(
            "d",
            List.of(IntImm.of(rows), IntImm.of(columns)),
            at -> c.at(at).plus(IntImm.of(1).cast(sum)));
    return ComputeDag.of(List.of(a, b), List.of(d));
  }

  /** A window of 3 x 3 over an image with its channels last, at a stride of {@code step}. */
  private static ComputeDag convolution(long size, long step, long channels, long filters) {
    long outputs = (size - 3) / step + 1;
    Tensor a = Tensor.placeholder("a", DType.BF16, 1, size, size, channels);
    Tensor shape = Tensor.placeholder("shape", DType.BF16, filters, channels, 3, 3);
    Tensor b = Tensor.placeholder("b", DType.BF16, true, shape.shape());
    Axis one = Axis.of("one", 1);
    Axis y = Axis.of("y", outputs);
    Axis x = Axis.of("x", outputs);
    Axis f = Axis.of("f", filters);
    Axis c = Axis.of("c", channels);
    Axis dy = Axis.of("dy", 3);
    Axis dx = Axis.of("dx", 3);
    Tensor sums =
        Tensor.reduce(
            "sums",
            Reducer.SUM,
            List.of(one, y, x, f),
            List.of(c, dy, dx),
            a.at(
                    one.var(),
                    y.var().times(step).plus(dy.var()),
                    x.var().times(step).plus(dx.var()),
                    c.var())
                .cast(DType.F32)
                .times(b.at(f.var(), c.var(), dy.var(), dx.var()).cast(DType.F32)));
    return ComputeDag.of(List.of(a, b), List.of(sums));
  }

  private static DType dtype(String name) {
    return switch (name) {
      case "bfloat16" -> DType.BF16;
      case "uint8" -> DType.U8;
      case "int8" -> DType.I8;
      default -> throw new IllegalArgumentException(name);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "bfloat16, bfloat16, 64, 64, 96, tdpbf16ps",
    "bfloat16, bfloat16, 37, 48, 40, tdpbf16ps",
    "bfloat16, bfloat16, 33, 16, 32, tdpbf16ps",
    "bfloat16, bfloat16, 49, 80, 6, tdpbf16ps",
    "bfloat16, bfloat16, 5, 32, 36, tdpbf16ps",
    "uint8, int8, 50, 32, 128, tdpbusd",
    "uint8, int8, 17, 48, 20, tdpbusd",
    "int8, int8, 50, 32, 64, tdpbssd",
    "int8, uint8, 20, 64, 192, tdpbsud",
    "uint8, uint8, 31, 16, 72, tdpbuud",
  })
  void matricesAreMultiplied(
      String left, String right, long rows, long columns, long products, String instruction) {
    check(product(left, right, rows, columns, products), instruction);
  }

  @ParameterizedTest
  @CsvSource({"16, 1, 32, 32", "9, 1, 48, 16", "17, 2, 16, 64"})
  void windowsAreMultipliedPointByPoint(long size, long step, long channels, long filters) {
    check(convolution(size, step, channels, filters), "tdpbf16ps");
  }

  private static void check(ComputeDag dag, String instruction) {
    DesignSpace space = DesignSpace.of(dag, TARGET);
    SplittableRandom random = new SplittableRandom(3);
    Map<Tensor, NDArray> inputs = inputs(dag, random);
    NDArray expected = TensorEvaluator.evaluate(dag.outputs(), inputs).getFirst();
    Candidate best = space.defaultCandidate();
    LoweredKernel lowered = Lowering.lower(best.schedule(), "product");
    String assembly = assembly(lowered.func());
    for (String needed : List.of("ldtilecfg", instruction, "tilestored", "tilerelease")) {
      assertTrue(assembly.contains(needed), assembly);
    }
    compare(best, expected, interpreted(lowered, inputs));
    CpuTarget host = HostCpu.detect().target();
    assumeTrue(host.features().containsAll(TARGET.features()), "this machine has no AMX");
    try (KernelCompiler compiler = new KernelCompiler(TARGET);
        KernelRuntime runtime = new KernelRuntime();
        ThreadPool pool = runtime.newPool(2)) {
      List<Candidate> candidates = new ArrayList<>(List.of(best));
      for (int i = 0; i < SCHEDULES; i++) {
        candidates.add(space.random(random));
      }
      for (Candidate candidate : candidates) {
        LoweredKernel other = Lowering.lower(candidate.schedule(), "product");
        for (Optional<ThreadPool> threads :
            List.of(Optional.of(pool), Optional.<ThreadPool>empty())) {
          NDArray actual =
              new ScheduledKernel(other, compiler, runtime).run(inputs, threads).getFirst();
          compare(candidate, expected, actual);
        }
      }
    }
  }

  private static Map<Tensor, NDArray> inputs(ComputeDag dag, SplittableRandom random) {
    Map<Tensor, NDArray> inputs = new HashMap<>();
    for (Tensor input : dag.inputs()) {
      NDArray array = NDArray.allocate(ScheduledKernel.type(input.dtype(), input.shape()));
      for (long i = 0; i < array.elements(); i++) {
        if (input.dtype().isFloat()) {
          array.setDouble(i, random.nextDouble() - 0.5);
        } else {
          boolean signed = input.dtype().equals(DType.I8);
          array.setLong(i, signed ? random.nextInt(-128, 128) : random.nextInt(256));
        }
      }
      inputs.put(input, array);
    }
    return inputs;
  }

  private static NDArray interpreted(LoweredKernel lowered, Map<Tensor, NDArray> inputs) {
    List<NDArray> arguments = new ArrayList<>();
    for (int i = 0; i < lowered.sources().size(); i++) {
      NDArray given = inputs.get(lowered.sources().get(i));
      for (PackedConstant packed : lowered.packed()) {
        if (packed.packed() == lowered.func().inputs().get(i)) {
          NDArray rewritten =
              NDArray.allocate(
                  ScheduledKernel.type(packed.packed().dtype(), packed.packed().shape()));
          LoopInterpreter.run(packed.packing(), List.of(given), List.of(rewritten));
          given = rewritten;
        }
      }
      arguments.add(given);
    }
    var output = lowered.func().outputs().getFirst();
    NDArray result = NDArray.allocate(ScheduledKernel.type(output.dtype(), output.shape()));
    LoopInterpreter.run(lowered.func(), arguments, List.of(result));
    return result;
  }

  private static void compare(Candidate candidate, NDArray expected, NDArray actual) {
    double tolerance = expected.type().dtype().isFloat() ? 1e-4 : 0;
    for (long i = 0; i < expected.elements(); i++) {
      double want = expected.getDouble(i);
      double got = actual.getDouble(i);
      // Written so that a NaN fails.
      if (!(Math.abs(want - got) <= tolerance * Math.max(1, Math.abs(want)))) {
        fail("element %d is %s, not %s%n%s".formatted(i, got, want, candidate.values()));
      }
    }
  }

  private static String assembly(PrimFunc function) {
    List<String> assembly = new ArrayList<>();
    CodeListener listener =
        (stage, _, text) -> {
          if (stage == CodeListener.Stage.ASM) {
            assembly.add(text.get());
          }
        };
    try (KernelCompiler compiler =
        new KernelCompiler(TARGET, CpuPipeline.passes(TARGET), listener)) {
      compiler.compile(function);
    }
    return assembly.getFirst();
  }
}
