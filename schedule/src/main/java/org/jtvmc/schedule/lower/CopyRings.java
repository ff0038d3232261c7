package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.FreshNames;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * The places in shared memory of what a loop copies ahead of its computing: for each copy a buffer
 * of several places, which the iterations take in turn.
 */
final class CopyRings {
  /** What the beginning of each place is a multiple of: the largest copy. */
  private static final long MOST_BYTES = 16;

  /** One place is read, one was until now, and one is written. */
  private static final int LEAST_DEPTH_OF_PRODUCTS = 3;

  private final PrimVar variable;
  private final int depth;
  private final List<Buffer> buffers;

  /** All places of each copy, by the original buffer. */
  private final Map<Buffer, Buffer> rings = new HashMap<>();

  private CopyRings(PrimVar variable, int depth, List<Buffer> buffers) {
    this.variable = variable;
    this.depth = depth;
    this.buffers = List.copyOf(buffers);
  }

  /**
   * The places of copies into {@code buffers}; empty where a size is open.
   *
   * @param variable of the loop
   * @param depth how many places
   */
  static Optional<CopyRings> of(PrimVar variable, int depth, List<Buffer> buffers) {
    CopyRings all = new CopyRings(variable, depth, buffers);
    for (Buffer buffer : buffers) {
      Optional<Buffer> ring = all.ring(buffer);
      if (ring.isEmpty()) {
        return Optional.empty();
      }
      all.rings.put(buffer, ring.get());
    }
    return Optional.of(all);
  }

  /** A buffer with as many places as there are iterations under way; empty for open sizes. */
  private Optional<Buffer> ring(Buffer buffer) {
    long elements = 1;
    for (int dim = 0; dim < buffer.rank(); dim++) {
      if (!(buffer.shape().get(dim) instanceof IntImm size)
          || !(buffer.strides().get(dim) instanceof IntImm stride)) {
        return Optional.empty();
      }
      elements += (size.value() - 1) * stride.value();
    }
    long unit = MOST_BYTES / buffer.dtype().bytes();
    List<PrimExpr> shape = new ArrayList<>(List.of(IntImm.of(depth)));
    shape.addAll(buffer.shape());
    List<PrimExpr> strides =
        new ArrayList<>(List.of(IntImm.of(Math.ceilDiv(elements, unit) * unit)));
    strides.addAll(buffer.strides());
    return Optional.of(buffer.with(shape, strides));
  }

  int depth() {
    return depth;
  }

  /** How many iterations' products run while the next iteration is prepared. */
  int running() {
    return areMultiplied() && depth >= LEAST_DEPTH_OF_PRODUCTS ? 1 : 0;
  }

  /** How many iterations the copies are ahead. */
  int ahead() {
    return depth - 1 - running();
  }

  private boolean areMultiplied() {
    return buffers.stream().allMatch(Buffer::isSwizzled);
  }

  /**
   * What an iteration computes, as products that may go on where it is those of groups of warps.
   */
  Stmt computing(Stmt compute, PrimExpr iteration) {
    Stmt own = at(compute, iteration);
    return areMultiplied()
        ? Stmt.seq(
            new Stmt.Evaluate(new Effect.StartProducts()),
            own,
            new Stmt.Evaluate(new Effect.CommitProducts()),
            new Stmt.Evaluate(new Effect.AwaitProducts(running())))
        : own;
  }

  /** What follows the last iteration. */
  Stmt end() {
    return running() > 0 ? new Stmt.Evaluate(new Effect.AwaitProducts(0)) : Stmt.nothing();
  }

  /** The number of an iteration's place. */
  PrimExpr place(PrimExpr iteration) {
    return iteration.floorMod(depth);
  }

  /** The element of an iteration's place of a copy. */
  Load element(Buffer buffer, PrimExpr iteration, List<PrimExpr> indices) {
    return new Load(rings.get(buffer), placed(place(iteration), indices));
  }

  /** The statement for one iteration, with that iteration's places; what copies is asynchronous. */
  Stmt at(Stmt stmt, PrimExpr iteration) {
    Stmt renamed =
        Stmts.rewrite(
            stmt,
            inner ->
                inner instanceof Stmt.Store store && rings.containsKey(store.buffer())
                    ? new Stmt.Store(
                        rings.get(store.buffer()),
                        placed(place(iteration), store.indices()),
                        store.value(),
                        true)
                    : inner,
            expr -> at(expr, iteration));
    return FreshNames.copy(renamed);
  }

  private PrimExpr at(PrimExpr expr, PrimExpr iteration) {
    if (expr == variable) {
      return iteration;
    }
    return expr instanceof Load load && rings.containsKey(load.buffer())
        ? element(load.buffer(), iteration, load.indices())
        : expr;
  }

  private static List<PrimExpr> placed(PrimExpr place, List<PrimExpr> indices) {
    List<PrimExpr> all = new ArrayList<>(List.of(place));
    all.addAll(indices);
    return all;
  }

  /** The statement with the places of all copies around it. */
  Stmt allocated(Stmt stmt) {
    Stmt whole = stmt;
    for (Buffer buffer : buffers.reversed()) {
      whole = new Stmt.Allocate(rings.get(buffer), whole);
    }
    return whole;
  }
}
