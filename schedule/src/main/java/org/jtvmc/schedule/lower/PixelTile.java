package org.jtvmc.schedule.lower;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.PixelBox;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Tensor;

/**
 * Pixels of images that are counted through, one tap of a convolution's window at a time: see
 * {@link Effect.StartPixels}. The figures are those of the CUDA driver's {@code
 * cuTensorMapEncodeIm2col}.
 *
 * @param first the place of the first pixel, and its first channel
 * @param offsets of the tap
 */
record PixelTile(
    Buffer target, Buffer source, List<PrimExpr> first, List<PrimExpr> offsets, PixelBox box)
    implements Tile {
  private static final long MOST_PIXELS = 1024;

  /** The pixels that a stage of rows of pixels and columns of taps copies. */
  static Optional<Tile> of(StageNest nest, Map<Tensor, Storage> storage, Simplifier simplifier) {
    PrimExpr condition = IntImm.TRUE;
    PrimExpr value = nest.body;
    if (value instanceof Select(PrimExpr inside, PrimExpr whenTrue, PrimExpr whenFalse)
        && IntImm.of(whenFalse.dtype(), 0).equals(whenFalse)) {
      condition = inside;
      value = whenTrue;
    }
    if (!(value instanceof Read(Tensor tensor, List<PrimExpr> indices))
        || nest.stage.op().axes().size() != 2
        || indices.size() < 2) {
      return Optional.empty();
    }
    Buffer target = storage.get(nest.stage.tensor()).buffer();
    Buffer source = storage.get(tensor).buffer();
    long line = (long) Buffer.LINE_BYTES / source.dtype().bytes();
    if (source.scope() != Scope.GLOBAL
        || !areLines(target, line)
        || !isCopied(source)
        || !(nest.region.extents().getFirst() instanceof IntImm pixels)
        || pixels.value() > MOST_PIXELS) {
      return Optional.empty();
    }
    return WindowWalk.of(nest.stage.op().axes(), indices, condition, source, line, simplifier)
        .flatMap(walk -> of(nest, walk, target, source, pixels.value(), line, simplifier));
  }

  private static Optional<Tile> of(
      StageNest nest,
      WindowWalk walk,
      Buffer target,
      Buffer source,
      long pixels,
      long line,
      Simplifier simplifier) {
    List<PrimExpr> mins = nest.region.mins().stream().map(min -> min.toExpr()).toList();
    if (!walk.beginsLine(nest.region.mins().getLast(), line)) {
      return Optional.empty();
    }
    PrimVar pixel = nest.stage.op().axes().getFirst().var();
    PrimVar tap = nest.stage.op().axes().getLast().var();
    List<PrimExpr> first =
        walk.places().stream()
            .map(place -> PrimExprs.substitute(place.toExpr(), pixel, mins.getFirst()))
            .map(place -> PrimExprs.substitute(place, tap, mins.getLast()))
            .map(simplifier::simplify)
            .toList();
    List<PrimExpr> offsets =
        walk.offsets().stream()
            .map(offset -> PrimExprs.substitute(offset.toExpr(), tap, mins.getLast()))
            .map(simplifier::simplify)
            .toList();
    PixelBox box = walk.box(pixels, line);
    return Optional.of(new PixelTile(target, source, first, offsets, box));
  }

  private static boolean areLines(Buffer target, long line) {
    return target.rank() == 2
        && IntImm.is(target.shape().getLast(), line)
        && IntImm.is(target.strides().getLast(), 1)
        && IntImm.is(target.strides().getFirst(), line);
  }

  private static boolean isCopied(Buffer source) {
    for (int dim = 0; dim < source.rank(); dim++) {
      if (!Tile.isCopied(source, dim, dim == source.rank() - 1)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long bytes() {
    return box.pixels() * box.channels() * source.dtype().bytes();
  }

  @Override
  public Effect start(Load arrival) {
    Load to = new Load(target, List.of(IntImm.of(0), IntImm.of(0)));
    return new Effect.StartPixels(to, new Load(source, first), offsets, box, arrival);
  }
}
