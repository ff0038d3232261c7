package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;

/**
 * A box of a tensor: see {@link Effect.StartTile}. The figures are those of the CUDA driver's
 * {@code cuTensorMapEncodeTiled}.
 *
 * @param mins where the box begins in the source
 */
record BoxTile(Buffer target, Buffer source, List<PrimExpr> mins, List<Long> extents)
    implements Tile {
  private static final int MOST_DIMENSIONS = 5;
  private static final long MOST_EXTENT = 256;

  /** The box that a stage copies of what it reads as it is. */
  static Optional<Tile> of(StageNest nest, Map<Tensor, Storage> storage) {
    if (!(nest.body instanceof Read(Tensor tensor, List<PrimExpr> indices))) {
      return Optional.empty();
    }
    Buffer target = storage.get(nest.stage.tensor()).buffer();
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
        same = Tile.isCopied(source, dim, last) && IntImm.is(target.strides().get(dim), below);
        extents.addFirst(((IntImm) extent).value());
        same &= last || extents.getFirst() <= MOST_EXTENT;
        below *= extents.getFirst();
      }
    }
    List<PrimExpr> mins = nest.region.mins().stream().map(LinearForm::toExpr).toList();
    return same ? Optional.of(new BoxTile(target, source, mins, extents)) : Optional.empty();
  }

  /**
   * The box that a stage copies of a packed operand: rows of it, which lie there in the order in
   * which the stage's own loops read them.
   */
  static Optional<Tile> ofPacked(
      StageNest nest, Map<Tensor, Storage> storage, PackedOperand packed, Simplifier simplifier) {
    Storage own = storage.get(nest.stage.tensor());
    Buffer target = own.buffer();
    Buffer source = packed.buffer();
    if (!(nest.body instanceof Read)
        || source.rank() != 2
        || target.rank() != 2
        || source.scope() != Scope.GLOBAL
        || !IntImm.is(target.strides().getLast(), 1)
        || !target.shape().getLast().equals(source.shape().getLast())
        || !(target.shape().getFirst() instanceof IntImm rows)
        || rows.value() > MOST_EXTENT
        || !target.strides().getFirst().equals(target.shape().getLast())
        || !Tile.isCopied(source, 0, false)) {
      return Optional.empty();
    }
    List<PrimExpr> to = own.indices(nest.element());
    List<PrimExpr> from = packed.indices();
    LinearForm row = simplifier.linear(from.getFirst()).minus(simplifier.linear(to.getFirst()));
    LinearForm column = simplifier.linear(from.getLast()).minus(simplifier.linear(to.getLast()));
    boolean moves =
        nest.leaves.stream()
            .anyMatch(leaf -> leaf.var() != null && PrimExprs.uses(row.toExpr(), leaf.var()));
    boolean lines = column.isConstant() && column.constant() == 0;
    if (moves || !lines) {
      return Optional.empty();
    }
    List<Long> extents = List.of(rows.value(), ((IntImm) target.shape().getLast()).value());
    List<PrimExpr> mins = List.of(row.toExpr(), IntImm.of(0));
    return Optional.of(new BoxTile(target, source, mins, extents));
  }

  @Override
  public long bytes() {
    return extents.stream().reduce((long) source.dtype().bytes(), (a, b) -> a * b);
  }

  @Override
  public Effect start(Load arrival) {
    List<PrimExpr> first = mins.stream().<PrimExpr>map(_ -> IntImm.of(0)).toList();
    return new Effect.StartTile(new Load(target, first), new Load(source, mins), extents, arrival);
  }
}
