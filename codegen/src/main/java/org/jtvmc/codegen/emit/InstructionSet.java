package org.jtvmc.codegen.emit;

import java.util.SortedSet;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;

/**
 * What emission asks of a target's instructions.
 *
 * @param features as LLVM names them
 * @param vectorBits the widest vector: of registers on a CPU, of memory accesses on a GPU, which
 *     computes lane by lane
 */
public record InstructionSet(Family family, SortedSet<String> features, int vectorBits) {

  /** Kinds of instruction sets. */
  public enum Family {
    X86,
    OTHER_CPU,
    NVPTX
  }

  private static final int MOST_ACCESS_BITS = 128;

  public static InstructionSet of(Target target) {
    return switch (target) {
      case CpuTarget cpu ->
          new InstructionSet(
              cpu.isX86() ? Family.X86 : Family.OTHER_CPU, cpu.features(), cpu.vectorBits());
      case CudaTarget gpu -> new InstructionSet(Family.NVPTX, gpu.features(), MOST_ACCESS_BITS);
    };
  }

  public boolean isX86() {
    return family == Family.X86;
  }

  public boolean isGpu() {
    return family == Family.NVPTX;
  }
}
