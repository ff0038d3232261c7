package org.jtvmc.codegen.library;

/** Where the data of a kernel's buffer lie when the model runs. */
public sealed interface Place {

  /**
   * A tensor of the caller.
   *
   * @param index among the model's inputs and then its outputs
   */
  record Io(int index) implements Place {}

  /**
   * In the context's workspace.
   *
   * @param offset in bytes
   */
  record Workspace(long offset) implements Place {}

  /**
   * In the model's weights.
   *
   * @param offset in bytes
   */
  record Weights(long offset) implements Place {}
}
