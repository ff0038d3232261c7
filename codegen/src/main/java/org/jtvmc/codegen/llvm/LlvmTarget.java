package org.jtvmc.codegen.llvm;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;

/**
 * What LLVM needs to know of a machine.
 *
 * @param triple such as {@code x86_64-unknown-linux-gnu}
 * @param cpu LLVM's name of the processor, such as {@code znver5} or {@code sm_90}
 * @param features LLVM's feature string, such as {@code +avx2,+fma}
 * @param optLevel the effort of code generation
 */
public record LlvmTarget(String triple, String cpu, String features, OptLevel optLevel) {

  /**
   * Vector extensions that the name of a processor may imply. A virtual machine may hide some, and
   * a user may forbid some: what a target does not list is switched off.
   */
  private static final List<String> VECTOR_EXTENSIONS =
      List.of(
          ("avx avx2 fma f16c avx512f avx512bw avx512cd avx512dq avx512vl avx512vnni avx512bf16"
                  + " avx512fp16 avx512ifma avx512vbmi avx512vbmi2 avx512bitalg avx512vpopcntdq"
                  + " avx512vp2intersect avxvnni gfni vaes vpclmulqdq amx-tile amx-int8 amx-bf16"
                  + " amx-fp16")
              .split(" "));

  public static LlvmTarget of(CpuTarget target) {
    var switches = new ArrayList<String>();
    target.features().forEach(name -> switches.add("+" + name));
    if (target.isX86()) {
      VECTOR_EXTENSIONS.stream()
          .filter(name -> !target.features().contains(name))
          .forEach(name -> switches.add("-" + name));
    }
    var features = String.join(",", switches);
    return new LlvmTarget(target.triple(), target.cpu(), features, OptLevel.DEFAULT);
  }

  /**
   * A GPU. The version of the PTX language is the oldest that has the architecture, so that the
   * oldest driver that knows the device can load it. More effort of code generation numbers values
   * once more, which takes as long as all the rest and leaves the assembler the same code.
   */
  public static LlvmTarget of(CudaTarget target) {
    int version =
        switch (target.arch()) {
          case 70 -> 60;
          case 75 -> 63;
          case 80 -> 70;
          case 86 -> 71;
          case 87 -> 74;
          case 89 -> 78;
          case 90 -> target.specific() ? 80 : 78;
          default -> 86;
        };
    return new LlvmTarget("nvptx64-nvidia-cuda", target.name(), "+ptx" + version, OptLevel.DEFAULT);
  }

  boolean isX86() {
    return triple.startsWith("x86_64");
  }

  boolean isNvptx() {
    return triple.startsWith("nvptx");
  }
}
