package org.jtvmc.compiler.pipeline;

import org.jtvmc.codegen.cuda.DeviceCompiler;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.pass.CpuPipeline;
import org.jtvmc.codegen.pass.GpuPipeline;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;

/** What makes code of loops for one target. Not to be shared by threads. */
public interface KernelBackend extends AutoCloseable {

  /**
   * Compiles one kernel.
   *
   * @throws org.jtvmc.codegen.CodegenException where it cannot be compiled for the target
   */
  KernelBinary compile(PrimFunc function);

  @Override
  void close();

  /**
   * The one for a target.
   *
   * @param listener sees every form of the code
   */
  static KernelBackend of(Target target, CodeListener listener) {
    return switch (target) {
      case CpuTarget cpu -> ofCpu(new KernelCompiler(cpu, CpuPipeline.passes(cpu), listener));
      case CudaTarget gpu -> ofGpu(new DeviceCompiler(gpu, GpuPipeline.passes(gpu), listener));
    };
  }

  private static KernelBackend ofCpu(KernelCompiler compiler) {
    return new KernelBackend() {
      @Override
      public KernelBinary compile(PrimFunc function) {
        return new KernelBinary.OfCpu(function.name(), compiler.compile(function));
      }

      @Override
      public void close() {
        compiler.close();
      }
    };
  }

  private static KernelBackend ofGpu(DeviceCompiler compiler) {
    return new KernelBackend() {
      @Override
      public KernelBinary compile(PrimFunc function) {
        return new KernelBinary.OfGpu(compiler.compile(function));
      }

      @Override
      public void close() {
        compiler.close();
      }
    };
  }
}
