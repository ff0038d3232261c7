package org.jtvmc.codegen.library;

import java.util.Optional;
import org.jtvmc.ir.type.TensorType;

/**
 * What a model expects of one tensor.
 *
 * @param name the model's name for it, any text
 * @param type whose sizes may be open; where a run decides over them, a vector of as much as there
 *     can be
 * @param alignment of its data, in bytes: a power of two
 * @param decided what is known of sizes that a run decides; empty where they are fixed
 */
public record TensorInfo(
    String name, TensorType type, long alignment, Optional<DecidedSizes> decided) {

  /**
   * Sizes that a run decides.
   *
   * @param rank how many
   * @param offset where in the workspace they are kept, in bytes
   */
  public record DecidedSizes(int rank, long offset) {}

  /** A tensor of fixed sizes. */
  public TensorInfo(String name, TensorType type, long alignment) {
    this(name, type, alignment, Optional.empty());
  }

  /** The same tensor with other sizes. */
  public TensorInfo withType(TensorType other) {
    return new TensorInfo(name, other, alignment, decided);
  }

  public TensorInfo {
    if (Long.bitCount(alignment) != 1) {
      throw new IllegalArgumentException(alignment + " is no power of two");
    }
  }

  /** What it is, for people. */
  public String description() {
    return decided
        .map(
            sizes ->
                "%s, %d %s decided by a run, at most %d elements"
                    .formatted(
                        type.dtype(),
                        sizes.rank(),
                        sizes.rank() == 1 ? "size" : "sizes",
                        type.elements()))
        .orElseGet(type::toString);
  }
}
