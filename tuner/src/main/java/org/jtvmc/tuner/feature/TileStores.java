package org.jtvmc.tuner.feature;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PixelBox;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.ThreadTag;

/**
 * What a device copies by itself, as the stores of threads that move as much: row after row, each
 * thread 16 bytes.
 */
final class TileStores {
  private static final long ACCESS_BYTES = 16;

  private TileStores() {}

  /** A box of a tensor. */
  static Stmt of(Effect.StartTile tile) {
    List<PrimVar> rows = new ArrayList<>();
    tile.extents().subList(1, tile.extents().size()).forEach(_ -> rows.add(PrimVar.index("i")));
    PrimVar thread = PrimVar.index("thread");
    PrimVar lane = PrimVar.index("lane");
    List<PrimExpr> offsets = new ArrayList<>(rows);
    offsets.add(column(thread, lane, tile.source()));
    Load source = new Load(tile.source().buffer(), moved(tile.source().indices(), offsets));
    Stmt body = row(tile.target(), source, offsets, thread, lane, tile.extents().getLast());
    for (int dim = rows.size() - 1; dim >= 0; dim--) {
      IntImm extent = IntImm.of(tile.extents().get(dim));
      body = new Stmt.For(rows.get(dim), IntImm.of(0), extent, ForKind.SERIAL, body);
    }
    return body;
  }

  /** Pixels that are counted through. */
  static Stmt of(Effect.StartPixels tile) {
    PixelBox box = tile.box();
    PrimVar pixel = PrimVar.index("pixel");
    PrimVar thread = PrimVar.index("thread");
    PrimVar lane = PrimVar.index("lane");
    List<PrimExpr> indices = new ArrayList<>();
    PrimExpr number = number(tile).plus(pixel);
    for (int dim = box.lower().size() - 1; dim >= 0; dim--) {
      long count = box.counts().get(dim);
      PrimExpr place = dim == 0 ? number : number.floorMod(count);
      indices.addFirst(
          place
              .times(box.steps().get(dim))
              .plus(box.lower().get(dim))
              .plus(tile.offsets().get(dim)));
      number = number.floorDiv(count);
    }
    PrimExpr column = column(thread, lane, tile.source());
    indices.add(tile.source().indices().getLast().plus(column));
    Load source = new Load(tile.source().buffer(), indices);
    Stmt body = row(tile.target(), source, List.of(pixel, column), thread, lane, box.channels());
    return new Stmt.For(pixel, IntImm.of(0), IntImm.of(box.pixels()), ForKind.SERIAL, body);
  }

  /** The number of the first pixel, of all that are counted through. */
  private static PrimExpr number(Effect.StartPixels tile) {
    PrimExpr number = IntImm.of(0);
    for (int dim = 0; dim < tile.box().lower().size(); dim++) {
      PrimExpr place = tile.source().indices().get(dim).minus(tile.box().lower().get(dim));
      number =
          number
              .times(tile.box().counts().get(dim))
              .plus(place.floorDiv(tile.box().steps().get(dim)));
    }
    return number;
  }

  private static PrimExpr column(PrimVar thread, PrimVar lane, Load source) {
    return thread.times(ACCESS_BYTES / source.dtype().bytes()).plus(lane);
  }

  /** The stores of one row of {@code length} elements. */
  private static Stmt row(
      Load target, Load source, List<PrimExpr> offsets, PrimVar thread, PrimVar lane, long length) {
    long lanes = ACCESS_BYTES / source.dtype().bytes();
    Stmt store = new Stmt.Store(target.buffer(), moved(target.indices(), offsets), source, true);
    return new Stmt.For(
        thread,
        IntImm.of(0),
        IntImm.of(length / lanes),
        ForKind.THREAD,
        Optional.of(ThreadTag.THREAD_X),
        new Stmt.For(lane, IntImm.of(0), IntImm.of(lanes), ForKind.VECTORIZED, store));
  }

  /** The offsets are those of the last dimensions. */
  private static List<PrimExpr> moved(List<PrimExpr> indices, List<PrimExpr> offsets) {
    List<PrimExpr> moved = new ArrayList<>(indices);
    int outer = indices.size() - offsets.size();
    for (int dim = 0; dim < offsets.size(); dim++) {
      moved.set(outer + dim, indices.get(outer + dim).plus(offsets.get(dim)));
    }
    return moved;
  }
}
