package org.jtvmc.codegen.library;

import java.util.List;
import org.jtvmc.ir.type.Dim;

/** Where the data of a kernel's buffer lie when the model runs. */
public sealed interface Place {

  /**
   * A tensor of the caller.
   *
   * @param index among the model's inputs and then its outputs; behind these, the context's memory
   *     for texts, and the context
   */
  record Io(int index) implements Place {}

  /**
   * In the context's workspace.
   *
   * @param offset in bytes
   */
  record Workspace(long offset) implements Place {}

  /**
   * In the context's workspace, at an offset that is known only at run time.
   *
   * @param index of the {@link OpenModel.Block}
   */
  record Block(int index) implements Place {}

  /** The sizes that a kernel is told, as an array of {@code int64_t}. */
  record Sizes(List<Dim> values) implements Place {
    public Sizes {
      values = List.copyOf(values);
    }
  }

  /**
   * In the model's weights.
   *
   * @param offset in bytes
   */
  record Weights(long offset) implements Place {}

  /**
   * In a context's counters of a GPU's blocks, which are zero between launches.
   *
   * @param offset in bytes
   */
  record Counters(long offset) implements Place {}
}
