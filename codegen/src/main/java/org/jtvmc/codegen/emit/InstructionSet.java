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
 * @param nanExtrema whether the larger or smaller of two float32 numbers, NaN where one of them is
 *     NaN, is one instruction
 */
public record InstructionSet(
    Family family, SortedSet<String> features, int vectorBits, boolean nanExtrema) {

  /** Kinds of instruction sets. */
  public enum Family {
    X86,
    OTHER_CPU,
    NVPTX
  }

  private static final int MOST_ACCESS_BITS = 128;

  /** From this architecture on a GPU has {@code max.NaN}. */
  private static final int NAN_EXTREMA_ARCH = 80;

  public static InstructionSet of(Target target) {
    return switch (target) {
      case CpuTarget cpu ->
          new InstructionSet(
              cpu.isX86() ? Family.X86 : Family.OTHER_CPU, cpu.features(), cpu.vectorBits(), false);
      case CudaTarget gpu ->
          new InstructionSet(
              Family.NVPTX, gpu.features(), MOST_ACCESS_BITS, gpu.arch() >= NAN_EXTREMA_ARCH);
    };
  }

  public boolean isX86() {
    return family == Family.X86;
  }

  public boolean isGpu() {
    return family == Family.NVPTX;
  }
}
