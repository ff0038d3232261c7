package org.jtvmc.codegen.llvm;

import java.util.stream.Collectors;
import org.jtvmc.ir.target.CpuTarget;

/**
 * What LLVM needs to know of a machine.
 *
 * @param triple such as {@code x86_64-unknown-linux-gnu}
 * @param cpu LLVM's name of the processor, such as {@code znver5} or {@code sm_90}
 * @param features LLVM's feature string, such as {@code +avx2,+fma}
 * @param optLevel the effort of code generation
 */
public record LlvmTarget(String triple, String cpu, String features, OptLevel optLevel) {

  public static LlvmTarget of(CpuTarget target) {
    var features =
        target.features().stream().map(name -> "+" + name).collect(Collectors.joining(","));
    return new LlvmTarget(target.triple(), target.cpu(), features, OptLevel.DEFAULT);
  }

  public LlvmTarget withOptLevel(OptLevel level) {
    return new LlvmTarget(triple, cpu, features, level);
  }

  boolean isX86() {
    return triple.startsWith("x86_64");
  }

  boolean isNvptx() {
    return triple.startsWith("nvptx");
  }
}
