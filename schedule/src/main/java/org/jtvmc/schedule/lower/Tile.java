package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Schedule;

/**
 * A stage in shared memory that is nothing but a box of a tensor in global memory, which a device
 * copies without its threads: see {@link Effect.StartTile}. The figures are those of the CUDA
 * driver's {@code cuTensorMapEncodeTiled}.
 *
 * @param target swizzled, in the order of the source
 * @param mins where the box begins in the source
 */
record Tile(Buffer target, Buffer source, List<PrimExpr> mins, List<Long> extents) {
  private static final int MOST_DIMENSIONS = 5;
  private static final long MOST_EXTENT = 256;

  /** What the distance of neighbouring rows is a multiple of. */
  private static final long UNIT_BYTES = 16;

  /** The box that a stage copies; empty where it is not one, or not one that a device can copy. */
  static Optional<Tile> of(StageNest nest, Map<Tensor, Storage> storage, Schedule schedule) {
    Buffer target = storage.get(nest.stage.tensor()).buffer();
    if (!(nest.body instanceof Read(Tensor tensor, List<PrimExpr> indices))
        || nest.stage.isReduction()
        || schedule.packings().stream()
            .anyMatch(packing -> packing.reader().equals(nest.stage.id()))
        || !target.isSwizzled()) {
      return Optional.empty();
    }
    Buffer source = storage.get(tensor).buffer();
    List<Axis> axes = nest.stage.op().axes();
    boolean same =
        source.scope() == Scope.GLOBAL
            && indices.size() == axes.size()
            && axes.size() <= MOST_DIMENSIONS;
    List<Long> extents = new ArrayList<>();
    long below = 1;
    for (int dim = axes.size() - 1; dim >= 0 && same; dim--) {
      PrimExpr extent = nest.region.extents().get(dim);
      same = indices.get(dim) == axes.get(dim).var() && extent instanceof IntImm;
      if (same) {
        boolean last = dim == axes.size() - 1;
        same = isCopied(source, dim, last) && IntImm.is(target.strides().get(dim), below);
        extents.addFirst(((IntImm) extent).value());
        same &= last || extents.getFirst() <= MOST_EXTENT;
        below *= extents.getFirst();
      }
    }
    List<PrimExpr> mins = nest.region.mins().stream().map(LinearForm::toExpr).toList();
    return same ? Optional.of(new Tile(target, source, mins, extents)) : Optional.empty();
  }

  private static boolean isCopied(Buffer source, int dim, boolean last) {
    return source.shape().get(dim) instanceof IntImm size
        && size.value() <= Integer.MAX_VALUE
        && source.strides().get(dim) instanceof IntImm stride
        && (last ? stride.value() == 1 : stride.value() * source.dtype().bytes() % UNIT_BYTES == 0);
  }

  long bytes() {
    return extents.stream().reduce((long) source.dtype().bytes(), (a, b) -> a * b);
  }

  /** Starts the copy; it arrives at {@code arrival}. */
  Effect.StartTile start(Load arrival) {
    List<PrimExpr> first = mins.stream().<PrimExpr>map(_ -> IntImm.of(0)).toList();
    return new Effect.StartTile(new Load(target, first), new Load(source, mins), extents, arrival);
  }
}
