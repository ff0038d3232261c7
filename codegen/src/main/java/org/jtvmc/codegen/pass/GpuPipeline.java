package org.jtvmc.codegen.pass;

import java.util.List;
import org.jtvmc.codegen.emit.InstructionSet;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.pass.PassManager;
import org.jtvmc.ir.target.CudaTarget;

/** What happens to a kernel's loops between lowering and emission for a GPU. */
public final class GpuPipeline {
  private GpuPipeline() {}

  /** The passes, in order. */
  public static PassManager<PrimFunc> passes(CudaTarget target) {
    return PassManager.of(
        List.of(
            new PeelLoops(),
            new LegalizeVectorLoops(InstructionSet.of(target)),
            new AccumulateInRegisters(InstructionSet.of(target))));
  }
}
