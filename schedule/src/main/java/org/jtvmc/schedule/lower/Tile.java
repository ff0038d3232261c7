package org.jtvmc.schedule.lower;

import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.te.Tensor;

/**
 * A stage in shared memory that is nothing but a part of a tensor in global memory, which a device
 * copies without its threads.
 */
sealed interface Tile permits BoxTile, PixelTile {
  /** What the distance of neighbouring rows is a multiple of. */
  long UNIT_BYTES = 16;

  /** Swizzled, in the order of the source. */
  Buffer target();

  long bytes();

  /** Starts the copy; it arrives at {@code arrival}. */
  Effect start(Load arrival);

  /**
   * The part that a stage copies; empty where it is not one, or not one that a device can copy.
   *
   * @param packed what the stage reads in another order, where it does
   */
  static Optional<Tile> of(
      StageNest nest,
      Map<Tensor, Storage> storage,
      Optional<PackedOperand> packed,
      Simplifier simplifier) {
    Buffer target = storage.get(nest.stage.tensor()).buffer();
    if (nest.stage.isReduction() || !target.isSwizzled()) {
      return Optional.empty();
    }
    if (packed.isPresent()) {
      return BoxTile.ofPacked(nest, storage, packed.get(), simplifier);
    }
    Optional<Tile> box = BoxTile.of(nest, storage);
    return box.isPresent() ? box : PixelTile.of(nest, storage, simplifier);
  }

  /** True for a dimension whose size and stride a device can be told. */
  static boolean isCopied(Buffer source, int dim, boolean last) {
    return source.shape().get(dim) instanceof IntImm size
        && size.value() <= Integer.MAX_VALUE
        && source.strides().get(dim) instanceof IntImm stride
        && (last ? stride.value() == 1 : stride.value() * source.dtype().bytes() % UNIT_BYTES == 0);
  }
}
