package org.jtvmc.compiler.cli;

import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.target.CpuModels;
import org.jtvmc.compiler.target.DriverQuery;
import org.jtvmc.compiler.target.TargetException;
import org.jtvmc.compiler.target.TargetParser;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.Target;

/** This machine. Made only where code is generated or run: it loads LLVM. */
record Machine(CpuTarget host) {

  static Machine detect() {
    return new Machine(HostCpu.detect().target());
  }

  /**
   * The target that the user names.
   *
   * @param threads in place of the target's cores; 0 for those
   */
  Target target(String text, int threads) {
    Target target = new TargetParser(host, CpuModels.standard(), new DriverQuery()).parse(text);
    return target instanceof CpuTarget cpu && threads != 0 ? cpu.withCores(threads) : target;
  }

  /** The same where only a CPU will do. */
  CpuTarget cpuTarget(String text, int threads) {
    Target target = target(text, threads);
    if (target instanceof CpuTarget cpu) {
      return cpu;
    }
    throw new TargetException(
        "target '%s' is not available for this verb; use --target llvm".formatted(target));
  }

  /**
   * {@code cpu}, whose code is to be timed here.
   *
   * @throws TargetException where this machine does not run it
   */
  CpuTarget measurable(CpuTarget cpu) {
    if (!host.features().containsAll(cpu.features())) {
      throw new TargetException(
          "measuring for '%s' needs a machine that runs its code, and this one (%s) does not; tune there and bring the records"
              .formatted(cpu, host));
    }
    return cpu;
  }
}
