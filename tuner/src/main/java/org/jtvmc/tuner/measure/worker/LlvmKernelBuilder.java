package org.jtvmc.tuner.measure.worker;

import java.util.List;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.kernel.KernelObject;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.KernelSource;
import org.jtvmc.tuner.measure.ObjectCode;

/** Compiles with the pipeline that model libraries are made with, a compiler for each thread. */
final class LlvmKernelBuilder implements KernelBuilder {
  private final ThreadLocal<KernelCompiler> compilers;
  private final PackingBuilder packings = new PackingBuilder();

  LlvmKernelBuilder(CpuTarget target) {
    this.compilers = ThreadLocal.withInitial(() -> new KernelCompiler(target));
  }

  @Override
  public KernelCode build(KernelSource source) {
    KernelObject kernel = compile(named(KernelCode.KERNEL, source.kernel()));
    return new KernelCode(
        new ObjectCode(kernel.code()),
        kernel.kernel(KernelCode.KERNEL).workspaceBytes(),
        packings(source),
        source.feeds());
  }

  /** The packing functions alone. */
  List<KernelCode.Packing> packings(KernelSource source) {
    return packings.build(source, this::compile);
  }

  private KernelObject compile(PrimFunc function) {
    return compilers.get().compile(function);
  }

  /** Equal names for equal loops, so that equal code has equal bytes. */
  static PrimFunc named(String name, PrimFunc function) {
    return new PrimFunc(
        name, function.inputs(), function.outputs(), function.sizes(), function.body());
  }

  /** The size of a buffer. */
  static long bytes(Buffer buffer) {
    long bytes = buffer.dtype().bytes();
    for (PrimExpr size : buffer.shape()) {
      bytes = Math.multiplyExact(bytes, ((IntImm) size).value());
    }
    return bytes;
  }
}
