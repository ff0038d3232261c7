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
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.ThreadTag;

/**
 * A box that a device copies by itself, as the stores of threads that move as much: row after row,
 * each thread 16 bytes.
 */
final class TileStores {
  private static final long ACCESS_BYTES = 16;

  private TileStores() {}

  static Stmt of(Effect.StartTile tile) {
    List<PrimVar> variables = new ArrayList<>();
    tile.extents().forEach(_ -> variables.add(PrimVar.index("i")));
    long lanes = ACCESS_BYTES / tile.source().dtype().bytes();
    PrimVar thread = PrimVar.index("thread");
    PrimVar lane = variables.getLast();
    List<PrimExpr> offsets = new ArrayList<>(variables);
    offsets.set(offsets.size() - 1, thread.times(lanes).plus(lane));
    Load source = new Load(tile.source().buffer(), moved(tile.source().indices(), offsets));
    Stmt body =
        new Stmt.Store(
            tile.target().buffer(), moved(tile.target().indices(), offsets), source, true);
    body = new Stmt.For(lane, IntImm.of(0), IntImm.of(lanes), ForKind.VECTORIZED, body);
    body =
        new Stmt.For(
            thread,
            IntImm.of(0),
            IntImm.of(tile.extents().getLast() / lanes),
            ForKind.THREAD,
            Optional.of(ThreadTag.THREAD_X),
            body);
    for (int dim = variables.size() - 2; dim >= 0; dim--) {
      IntImm extent = IntImm.of(tile.extents().get(dim));
      body = new Stmt.For(variables.get(dim), IntImm.of(0), extent, ForKind.SERIAL, body);
    }
    return body;
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
