package org.jtvmc.codegen.library;

import java.util.List;

/**
 * One step of a model.
 *
 * @param kernel the symbol of a kernel, or of a function of the native runtime
 * @param buffers the places of its inputs, its outputs, its scratch memory where it has some, and
 *     of the parameters of a function of the runtime
 */
public record KernelCall(String kernel, List<Place> buffers) {

  private static final String RUNTIME = "jtvmc_host_";

  /** What the names of steps begin with that decide how a run goes on. */
  public static final String CONTROL = "jtvmc_control_";

  public KernelCall {
    buffers = List.copyOf(buffers);
  }

  /** Whether a function of the native runtime is called, and no kernel of the model's own. */
  public boolean ofRuntime() {
    return kernel.startsWith(RUNTIME);
  }

  /** Whether a step of the native runtime is called that decides how the run goes on. */
  public boolean ofControl() {
    return kernel.startsWith(CONTROL);
  }
}
