package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.type.DType;

/**
 * A loop whose copies into shared memory are boxes of tensors, which the device brings without its
 * threads: as {@link AsyncLoop}, but one thread names what is to come, and each place has an
 * element that says when it is there. Of {@code depth = 4}:
 *
 * <pre>
 *   thread 0: open ready[0..4]; barrier
 *   thread 0: expect and start x[0] at ready[0], then x[1] at ready[1]
 *   for k in 0..n {
 *     await ready[k % 4], parity k / 4 % 2; barrier
 *     thread 0, if (k + 2 &lt; n): expect and start x[k + 2] at ready[(k + 2) % 4]
 *     start products; compute(s[k % 4]); commit products
 *     await all products but 1
 *   }
 *   await all products
 *   thread 0: close ready[0..4]
 * </pre>
 *
 * After the barrier all threads have waited for the products of iteration {@code k - 2}, whose
 * place the copy takes. After that of the last iteration nobody waits for tiles any more.
 */
final class TileLoop {
  private static final long PARITIES = 2;

  private final PrimVar variable;
  private final long extent;
  private final List<Tile> tiles;
  private final Stmt compute;
  private final CopyRings rings;
  private final Buffer ready;

  private TileLoop(PrimVar variable, long extent, List<Tile> tiles, Stmt compute, CopyRings rings) {
    this.variable = variable;
    this.extent = extent;
    this.tiles = tiles;
    this.compute = compute;
    this.rings = rings;
    this.ready =
        Buffer.dense(
            variable.name() + ".ready", DType.I64, List.of(IntImm.of(rings.depth())), Scope.SHARED);
  }

  /**
   * The loop with its copies; empty where there is no more than one iteration.
   *
   * @param compute the rest of an iteration
   */
  static Optional<Stmt> of(
      PrimVar variable, long extent, int depth, List<Tile> tiles, Stmt compute) {
    if (extent < 2 || tiles.isEmpty()) {
      return Optional.empty();
    }
    List<Buffer> buffers = tiles.stream().map(Tile::target).toList();
    return CopyRings.of(variable, (int) Math.min(depth, extent), buffers)
        .map(rings -> new TileLoop(variable, extent, tiles, compute, rings).build());
  }

  private Stmt build() {
    Load first = new Load(ready, List.of(IntImm.of(0)));
    int places = rings.depth();
    List<Stmt> all = new ArrayList<>();
    all.add(byOne(new Stmt.Evaluate(new Effect.OpenArrivals(first, places))));
    all.add(new Stmt.Evaluate(new Effect.Barrier()));
    List<Stmt> before = new ArrayList<>();
    for (int i = 0; i < rings.ahead(); i++) {
      before.add(copies(IntImm.of(i)));
    }
    all.add(byOne(Stmt.seq(before)));
    PrimVar iteration = PrimVar.index(variable.name());
    PrimExpr next = iteration.plus(rings.ahead());
    PrimExpr parity = iteration.floorDiv(places).floorMod(PARITIES);
    Stmt body =
        Stmt.seq(
            new Stmt.Evaluate(new Effect.AwaitTiles(arrival(iteration), parity)),
            new Stmt.Evaluate(new Effect.Barrier()),
            new Stmt.If(next.lessThan(extent), byOne(copies(next)), Optional.empty(), false),
            rings.computing(compute, iteration));
    all.add(new Stmt.For(iteration, IntImm.of(0), IntImm.of(extent), ForKind.SERIAL, body));
    all.add(rings.end());
    all.add(byOne(new Stmt.Evaluate(new Effect.CloseArrivals(first, places))));
    return rings.allocated(new Stmt.Allocate(ready, Stmt.seq(all)));
  }

  private Load arrival(PrimExpr iteration) {
    return new Load(ready, List.of(rings.place(iteration)));
  }

  /** What the first thread of the block alone does. */
  private static Stmt byOne(Stmt stmt) {
    return new Stmt.For(
        PrimVar.index("one"),
        IntImm.of(0),
        IntImm.of(1),
        ForKind.THREAD,
        Optional.of(ThreadTag.THREAD_X),
        stmt);
  }

  private Stmt copies(PrimExpr iteration) {
    long bytes = tiles.stream().mapToLong(Tile::bytes).sum();
    List<Stmt> all = new ArrayList<>();
    all.add(new Stmt.Evaluate(new Effect.ExpectTiles(arrival(iteration), bytes)));
    for (Tile tile : tiles) {
      all.add(rings.at(new Stmt.Evaluate(tile.start(arrival(iteration))), iteration));
    }
    return Stmt.seq(all);
  }
}
