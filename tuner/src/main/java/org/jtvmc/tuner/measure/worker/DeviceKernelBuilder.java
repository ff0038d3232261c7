package org.jtvmc.tuner.measure.worker;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jtvmc.codegen.cuda.Assembler;
import org.jtvmc.codegen.cuda.Cubin;
import org.jtvmc.codegen.cuda.DeviceCompiler;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.tuner.measure.DeviceCode;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.KernelSource;

/**
 * Compiles kernels for a GPU, with the pipeline that model libraries are made with, and assembles
 * them where there is a {@code ptxas}: on all cores, and not in the driver while others wait.
 */
final class DeviceKernelBuilder implements KernelBuilder {
  private final CudaTarget target;
  private final Assembler assembler;
  private final ThreadLocal<DeviceCompiler> compilers;
  private final LlvmKernelBuilder packing;

  /**
   * @param host this machine's CPU, which packs constants
   */
  DeviceKernelBuilder(CudaTarget target, CpuTarget host) {
    this.target = target;
    this.assembler =
        Ptxas.find()
            .filter(ptxas -> ptxas.knows(target))
            .<Assembler>map(ptxas -> ptxas)
            .orElse(Assembler.NONE);
    this.compilers = ThreadLocal.withInitial(() -> new DeviceCompiler(target));
    this.packing = new LlvmKernelBuilder(host);
  }

  @Override
  public KernelCode build(KernelSource source) {
    DeviceKernel kernel =
        compilers.get().compile(LlvmKernelBuilder.named(KernelCode.KERNEL, source.kernel()));
    Cubin cubin = assembler.assemble(kernel.ptx(), target);
    DeviceCode device =
        new DeviceCode(
            cubin.isEmpty() ? kernel.ptx().getBytes(UTF_8) : cubin.code(),
            kernel.launches(),
            kernel.workspaceBytes(),
            kernel.counterBytes());
    return new KernelCode(device, packing.packings(source), source.feeds());
  }
}
