package org.jtvmc.compiler.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.kernel.KernelObject;

/** A compiled kernel, in the form that its target takes. */
public sealed interface KernelBinary {

  /**
   * For a CPU.
   *
   * @param name the symbol that the object defines
   */
  record OfCpu(String name, KernelObject object) implements KernelBinary {}

  /** For a GPU. */
  record OfGpu(DeviceKernel kernel) implements KernelBinary {}

  /** Memory that it needs beside its inputs and outputs. */
  default long workspaceBytes() {
    return switch (this) {
      case OfCpu(String name, KernelObject object) -> object.kernel(name).workspaceBytes();
      case OfGpu(DeviceKernel kernel) -> kernel.workspaceBytes();
    };
  }

  /** The code itself: an ELF object file, or PTX text. */
  default byte[] code() {
    return switch (this) {
      case OfCpu(_, KernelObject object) -> object.code();
      case OfGpu(DeviceKernel kernel) -> kernel.ptx().getBytes(UTF_8);
    };
  }
}
