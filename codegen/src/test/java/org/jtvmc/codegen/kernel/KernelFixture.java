package org.jtvmc.codegen.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.load.CompiledKernel;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.codegen.pass.CpuPipeline;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.LoopVerifier;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Compiles kernels for this machine and compares what they compute with the loop interpreter. */
final class KernelFixture implements AutoCloseable {
  private final CpuTarget target;
  private final KernelRuntime runtime = new KernelRuntime();
  private final ThreadPool pool = runtime.newPool(2);
  private final Map<CodeListener.Stage, String> code = new EnumMap<>(CodeListener.Stage.class);
  private final KernelCompiler compiler;
  private KernelObject.Kernel kernel;

  KernelFixture() {
    this(host());
  }

  KernelFixture(CpuTarget target) {
    this.target = target;
    this.compiler =
        new KernelCompiler(
            target, CpuPipeline.passes(target), (stage, _, text) -> code.put(stage, text.get()));
  }

  /** This machine. */
  static CpuTarget host() {
    HostCpu cpu = HostCpu.detect();
    return new CpuTarget(cpu.triple(), cpu.name(), cpu.features(), 2, CpuTarget.Caches.TYPICAL);
  }

  /** This machine without its widest vectors and their masks. */
  static CpuTarget withoutAvx512() {
    HostCpu cpu = HostCpu.detect();
    cpu.features()
        .removeIf(feature -> feature.startsWith("avx512") || feature.startsWith("evex512"));
    return new CpuTarget(cpu.triple(), "haswell", cpu.features(), 2, CpuTarget.Caches.TYPICAL);
  }

  CpuTarget target() {
    return target;
  }

  /** The kernel compiled last. */
  KernelObject.Kernel kernel() {
    return kernel;
  }

  /** A form of the kernel compiled last. */
  String code(CodeListener.Stage stage) {
    return code.get(stage);
  }

  /**
   * Runs the kernel on random inputs, in memory that ends at unreadable pages and again in memory
   * that begins at them, with one and with two threads; compares with the interpreter.
   *
   * @param tolerance the error allowed, relative to the larger of 1 and the magnitude
   */
  void check(PrimFunc function, double tolerance) {
    check(function, randomInputs(function, 20260725), tolerance);
  }

  /** The outputs of the kernel on one thread. */
  List<NDArray> run(PrimFunc function, List<NDArray> inputs) {
    KernelObject object = compile(function);
    try (CompiledKernel compiled = new CompiledKernel(runtime, function.name(), object.code())) {
      return run(compiled, function, inputs, 0, GuardedMemory.Side.AFTER, Optional.empty());
    }
  }

  KernelObject compile(PrimFunc function) {
    return compiler.compile(function);
  }

  void check(PrimFunc function, List<NDArray> inputs, double tolerance) {
    LoopVerifier.verify(function);
    PrimFunc ready = CpuPipeline.passes(target).run(function);
    LoopVerifier.verify(ready);
    assertEquals(ready.toString(), CpuPipeline.passes(target).run(ready).toString());
    List<NDArray> expected = outputs(function);
    LoopInterpreter.run(function, inputs, expected);
    KernelObject object = compile(function);
    kernel = object.kernel(function.name());
    long workspace = kernel.workspaceBytes();
    try (CompiledKernel compiled = new CompiledKernel(runtime, function.name(), object.code())) {
      for (GuardedMemory.Side side : GuardedMemory.Side.values()) {
        for (Optional<ThreadPool> threads :
            List.of(Optional.<ThreadPool>empty(), Optional.of(pool))) {
          List<NDArray> actual = run(compiled, function, inputs, workspace, side, threads);
          compare(function, expected, actual, tolerance);
        }
      }
    }
  }

  private static List<NDArray> run(
      CompiledKernel kernel,
      PrimFunc function,
      List<NDArray> inputs,
      long workspace,
      GuardedMemory.Side side,
      Optional<ThreadPool> threads) {
    try (GuardedMemory memory = new GuardedMemory();
        Arena arena = Arena.ofConfined()) {
      List<MemorySegment> buffers = new ArrayList<>();
      for (NDArray input : inputs) {
        buffers.add(memory.allocate(input.data().byteSize(), side).copyFrom(input.data()));
      }
      List<NDArray> results = outputs(function);
      List<MemorySegment> outputs = new ArrayList<>();
      for (NDArray result : results) {
        outputs.add(memory.allocate(result.data().byteSize(), side).fill((byte) 0x5a));
      }
      buffers.addAll(outputs);
      if (workspace > 0) {
        buffers.add(arena.allocate(workspace, 64));
      }
      kernel.run(buffers, threads);
      for (int i = 0; i < results.size(); i++) {
        results.get(i).data().copyFrom(outputs.get(i));
      }
      return results;
    }
  }

  private static void compare(
      PrimFunc function, List<NDArray> expected, List<NDArray> actual, double tolerance) {
    for (int output = 0; output < expected.size(); output++) {
      NDArray want = expected.get(output);
      NDArray got = actual.get(output);
      for (long i = 0; i < want.elements(); i++) {
        double a = want.getDouble(i);
        double b = got.getDouble(i);
        boolean same =
            Double.compare(a, b) == 0
                || a == b
                || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a));
        if (!same) {
          fail("output %d element %d is %s, not %s%n%s".formatted(output, i, b, a, function));
        }
      }
    }
  }

  /** Small values of every sign; booleans; integers of a few units. */
  static List<NDArray> randomInputs(PrimFunc function, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<NDArray> inputs = new ArrayList<>();
    for (Buffer buffer : function.inputs()) {
      NDArray array = NDArray.allocate(typeOf(buffer));
      for (long i = 0; i < array.elements(); i++) {
        if (buffer.dtype().isFloat()) {
          array.setDouble(i, random.nextDouble() * 4 - 2);
        } else if (buffer.dtype().isBool()) {
          array.setLong(i, random.nextInt(2));
        } else {
          boolean signed = buffer.dtype().kind() == DType.Kind.INT;
          array.setLong(i, random.nextInt(signed ? -9 : 0, 10));
        }
      }
      inputs.add(array);
    }
    return inputs;
  }

  private static List<NDArray> outputs(PrimFunc function) {
    return function.outputs().stream().map(b -> NDArray.allocate(typeOf(b))).toList();
  }

  private static TensorType typeOf(Buffer buffer) {
    long[] shape = buffer.shape().stream().mapToLong(KernelFixture::constant).toArray();
    return TensorType.of(buffer.dtype(), shape);
  }

  private static long constant(PrimExpr expr) {
    return ((IntImm) expr).value();
  }

  @Override
  public void close() {
    compiler.close();
    pool.close();
    runtime.close();
  }
}
