package org.jtvmc.compiler.artifact;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.codegen.cuda.Assembler;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.library.DeviceProgram;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.KernelBinary;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.ir.target.CudaTarget;

/** The programs of models for GPUs. */
final class DevicePrograms {

  private DevicePrograms() {}

  /** What a run launches; assembled where there is a {@code ptxas} that knows the GPU. */
  static DeviceProgram of(CompiledModel model, CudaTarget target) {
    List<DeviceProgram.Call> calls = new ArrayList<>();
    for (int use = 0; use < model.calls().size(); use++) {
      KernelBuild build = model.kernels().get(model.useKernels().get(use));
      if (build.binary() instanceof KernelBinary.OfGpu(DeviceKernel kernel)) {
        calls.add(
            new DeviceProgram.Call(
                kernel, build.lowered().func().inputs().size(), model.calls().get(use).buffers()));
      }
    }
    Assembler assembler =
        Ptxas.find()
            .filter(found -> found.knows(target))
            .<Assembler>map(found -> found)
            .orElse(Assembler.NONE);
    return DeviceProgram.of(target, calls, assembler);
  }
}
