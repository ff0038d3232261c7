package org.jtvmc.codegen.kernel;

import java.util.List;
import java.util.NoSuchElementException;
import org.jtvmc.ir.type.Dim;

/** Compiled kernels: an ELF object file, and what it defines. */
public final class KernelObject {

  /**
   * One function of the object: {@code int32_t name(void** buffers, jtvmc_pool* pool)}.
   *
   * @param workspace bytes of scratch memory, 64-byte aligned, whose address follows those of the
   *     outputs in {@code buffers}, in terms of the kernel's sizes; 0 where it needs none
   */
  public record Kernel(String name, Dim workspace) {

    /** The workspace of a kernel that has no sizes. */
    public long workspaceBytes() {
      return workspace.value();
    }
  }

  private final byte[] code;
  private final List<Kernel> kernels;

  KernelObject(byte[] code, List<Kernel> kernels) {
    this.code = code;
    this.kernels = List.copyOf(kernels);
  }

  /** The object file; it needs {@code jtvmc_parallel_for} where a kernel has a parallel loop. */
  public byte[] code() {
    return code;
  }

  /** What the object defines, in the order given to the compiler. */
  public List<Kernel> kernels() {
    return kernels;
  }

  /**
   * The kernel of that name.
   *
   * @throws NoSuchElementException where there is none
   */
  public Kernel kernel(String name) {
    return kernels.stream()
        .filter(kernel -> kernel.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no kernel " + name));
  }
}
