package org.jtvmc.tuner.measure.worker;

import java.util.ArrayList;
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

/** Compiles with the pipeline that model libraries are made with, a compiler for each thread. */
final class LlvmKernelBuilder implements KernelBuilder {
  private final ThreadLocal<KernelCompiler> compilers;

  LlvmKernelBuilder(CpuTarget target) {
    this.compilers = ThreadLocal.withInitial(() -> new KernelCompiler(target));
  }

  @Override
  public KernelCode build(KernelSource source) {
    return build(source, List.of(named(KernelCode.KERNEL, source.kernel())));
  }

  /** The packing functions alone. */
  KernelCode packings(KernelSource source) {
    return build(source, List.of());
  }

  private KernelCode build(KernelSource source, List<PrimFunc> kernels) {
    List<PrimFunc> functions = new ArrayList<>(kernels);
    for (int k = 0; k < source.packings().size(); k++) {
      functions.add(named(KernelCode.packing(k), source.packings().get(k).function()));
    }
    KernelObject object = compilers.get().compile(KernelCode.KERNEL, functions);
    List<KernelCode.Packing> packings = new ArrayList<>();
    for (int k = 0; k < source.packings().size(); k++) {
      KernelSource.Packing packing = source.packings().get(k);
      packings.add(
          new KernelCode.Packing(
              packing.input(),
              bytes(packing.function().outputs().getFirst()),
              object.kernel(KernelCode.packing(k)).workspaceBytes()));
    }
    long workspace = kernels.isEmpty() ? 0 : object.kernel(KernelCode.KERNEL).workspaceBytes();
    return new KernelCode(object.code(), workspace, packings, source.feeds());
  }

  /** Equal names for equal loops, so that equal code has equal bytes. */
  static PrimFunc named(String name, PrimFunc function) {
    return new PrimFunc(
        name, function.inputs(), function.outputs(), function.sizes(), function.body());
  }

  private static long bytes(Buffer buffer) {
    long bytes = buffer.dtype().bytes();
    for (PrimExpr size : buffer.shape()) {
      bytes = Math.multiplyExact(bytes, ((IntImm) size).value());
    }
    return bytes;
  }
}
