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

  /** JTVMC_OWN_MEMORY. */
  private static final long OWN_MEMORY = -2;

  /**
   * Sizes that a run decides.
   *
   * @param rank how many
   * @param at where they are kept: in the workspace, in bytes; see {@link #inBlock} otherwise
   */
  public record DecidedSizes(int rank, long at) {

    /**
     * Sizes without a bound; the elements come in the context's memory.
     *
     * @param block the number of the block that holds them
     */
    public static DecidedSizes inBlock(int rank, int block) {
      return new DecidedSizes(rank, OWN_MEMORY - block);
    }

    /** Whether there is a most that there can be, and the elements lie in the caller's memory. */
    public boolean isBounded() {
      return at > OWN_MEMORY;
    }
  }

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
                "%s, %d %s decided by a run, %s"
                    .formatted(
                        type.dtype(),
                        sizes.rank(),
                        sizes.rank() == 1 ? "size" : "sizes",
                        sizes.isBounded()
                            ? "at most %d elements".formatted(type.elements())
                            : "in the context's memory"))
        .orElseGet(type::toString);
  }
}
