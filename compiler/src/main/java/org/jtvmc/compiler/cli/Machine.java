package org.jtvmc.compiler.cli;

import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.target.CpuModels;
import org.jtvmc.compiler.target.TargetParser;
import org.jtvmc.ir.target.CpuTarget;

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
  CpuTarget target(String text, int threads) {
    CpuTarget target = new TargetParser(host, CpuModels.standard()).parse(text);
    return threads == 0 ? target : target.withCores(threads);
  }
}
