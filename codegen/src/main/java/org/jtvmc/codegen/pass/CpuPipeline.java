package org.jtvmc.codegen.pass;

import java.util.List;
import org.jtvmc.codegen.emit.InstructionSet;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.pass.PassManager;
import org.jtvmc.ir.target.CpuTarget;

/** What happens to a kernel's loops between lowering and emission for a CPU. */
public final class CpuPipeline {
  private CpuPipeline() {}

  /** The passes, in order. */
  public static PassManager<PrimFunc> passes(CpuTarget target) {
    return PassManager.of(
        List.of(
            new CollapseParallelLoops(),
            new PeelLoops(),
            new LegalizeVectorLoops(InstructionSet.of(target)),
            new AccumulateInRegisters(InstructionSet.of(target))));
  }
}
