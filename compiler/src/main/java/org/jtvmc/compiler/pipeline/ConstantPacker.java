package org.jtvmc.compiler.pipeline;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.load.CompiledKernel;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.lower.PackedConstant;

/** Rewrites constants into the order in which kernels read them, by running the packing kernels. */
final class ConstantPacker implements AutoCloseable {
  private final KernelRuntime runtime = new KernelRuntime();
  private final KernelCompiler compiler;

  /**
   * @param host this machine, on which the packing runs
   */
  ConstantPacker(CpuTarget host) {
    this.compiler = new KernelCompiler(host);
  }

  /** The packed contents, 64-byte aligned, in memory that lives as long as something needs it. */
  MemorySegment pack(PackedConstant packed, NDArray original) {
    MemorySegment result = Arena.ofAuto().allocate(bytes(packed.packed()), 64);
    String name = packed.packing().name();
    var binary = compiler.compile(packed.packing());
    try (CompiledKernel kernel = new CompiledKernel(runtime, name, binary.code());
        Arena arena = Arena.ofConfined()) {
      List<MemorySegment> buffers = new ArrayList<>();
      buffers.add(inNativeMemory(original, arena));
      buffers.add(result);
      if (binary.kernel(name).workspaceBytes() > 0) {
        buffers.add(arena.allocate(binary.kernel(name).workspaceBytes(), 64));
      }
      kernel.run(buffers, Optional.empty());
    }
    return result;
  }

  private static MemorySegment inNativeMemory(NDArray array, Arena arena) {
    if (array.data().isNative() && array.data().address() % array.dtype().bytes() == 0) {
      return array.data();
    }
    return arena.allocate(array.data().byteSize(), 64).copyFrom(array.data());
  }

  private static long bytes(Buffer buffer) {
    long elements = 1;
    for (PrimExpr size : buffer.shape()) {
      elements = Math.multiplyExact(elements, ((IntImm) size).value());
    }
    return Math.multiplyExact(elements, (long) buffer.dtype().bytes());
  }

  @Override
  public void close() {
    compiler.close();
    runtime.close();
  }
}
