package org.jtvmc.compiler.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.kernel.KernelObject;
import org.jtvmc.ir.type.Dim;

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

  /** Bytes that it needs beside its inputs and outputs, in terms of its sizes. */
  default Dim workspace() {
    return switch (this) {
      case OfCpu(String name, KernelObject object) -> object.kernel(name).workspace();
      case OfGpu(DeviceKernel kernel) -> Dim.of(kernel.workspaceBytes());
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
