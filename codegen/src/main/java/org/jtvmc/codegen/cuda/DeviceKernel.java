package org.jtvmc.codegen.cuda;

import java.util.List;

/**
 * A kernel compiled for a GPU: what to load, and what to launch, in order on one stream.
 *
 * @param name of the function that it was made of
 * @param ptx the text that defines every entry
 * @param launches one after the other; each sees what those before it wrote
 * @param workspaceBytes device memory for what passes between launches, aligned to {@link
 *     #ALIGNMENT}; 0 where nothing does
 * @param counterBytes device memory that is zero before each run, and after it; kernels that run
 *     after each other may share it
 */
public record DeviceKernel(
    String name, String ptx, List<Launch> launches, long workspaceBytes, long counterBytes) {

  /** What the address of every argument is a multiple of; vector accesses count on it. */
  public static final int ALIGNMENT = 16;

  public DeviceKernel {
    launches = List.copyOf(launches);
  }

  /** One that counts no blocks. */
  public DeviceKernel(String name, String ptx, List<Launch> launches, long workspaceBytes) {
    this(name, ptx, launches, workspaceBytes, 0);
  }
}
