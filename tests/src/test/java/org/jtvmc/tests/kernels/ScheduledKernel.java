package org.jtvmc.tests.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.kernel.KernelObject;
import org.jtvmc.codegen.load.CompiledKernel;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.PackedConstant;

/** A lowered schedule as machine code in this process. */
record ScheduledKernel(LoweredKernel lowered, KernelCompiler compiler, KernelRuntime runtime) {

  /** The outputs for these contents of the placeholders. */
  List<NDArray> run(Map<Tensor, NDArray> inputs, Optional<ThreadPool> threads) {
    String name = lowered.func().name();
    KernelObject object = compiler.compile(lowered.func());
    try (Arena arena = Arena.ofConfined();
        CompiledKernel kernel = new CompiledKernel(runtime, name, object.code())) {
      List<MemorySegment> buffers = new ArrayList<>();
      arguments(inputs).forEach(array -> buffers.add(array.data()));
      List<NDArray> results = new ArrayList<>();
      for (Buffer output : lowered.func().outputs()) {
        NDArray result = NDArray.allocate(type(output.dtype(), output.shape()));
        result.data().fill((byte) 0x5a);
        results.add(result);
        buffers.add(result.data());
      }
      long workspace = object.kernel(name).workspaceBytes();
      if (workspace > 0) {
        buffers.add(arena.allocate(workspace, 64));
      }
      kernel.run(buffers, threads);
      return results;
    }
  }

  private List<NDArray> arguments(Map<Tensor, NDArray> inputs) {
    List<NDArray> arguments = new ArrayList<>();
    for (int i = 0; i < lowered.sources().size(); i++) {
      arguments.add(argument(lowered, i, inputs));
    }
    return arguments;
  }

  /** What a kernel is given for one of its inputs: of a constant the form that it is packed in. */
  static NDArray argument(LoweredKernel lowered, int index, Map<Tensor, NDArray> inputs) {
    Buffer parameter = lowered.func().inputs().get(index);
    NDArray given = inputs.get(lowered.sources().get(index));
    for (PackedConstant packed : lowered.packed()) {
      if (packed.packed() == parameter) {
        NDArray rewritten = NDArray.allocate(type(parameter.dtype(), parameter.shape()));
        LoopInterpreter.run(packed.packing(), List.of(given), List.of(rewritten));
        return rewritten;
      }
    }
    return given;
  }

  static TensorType type(DType dtype, List<PrimExpr> shape) {
    long[] sizes = shape.stream().mapToLong(size -> ((IntImm) size).value()).toArray();
    return TensorType.of(dtype, sizes);
  }
}
