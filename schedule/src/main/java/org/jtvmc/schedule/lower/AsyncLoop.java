package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * A loop whose copies into shared memory are asynchronous and {@code depth - 1} iterations ahead. A
 * buffer of {@code depth} places takes each copy in turn. Of {@code depth = 3}:
 *
 * <pre>
 *   for k in 0..n { s = x[k]; compute(s) }
 *
 *   s[0] &lt;- x[0]; commit; s[1] &lt;- x[1]; commit
 *   for k in 0..n {
 *     await all groups but 1; barrier
 *     if (k + 2 &lt; n) { s[(k + 2) % 3] &lt;- x[k + 2] }
 *     commit
 *     compute(s[k % 3])
 *   }
 * </pre>
 *
 * After the barrier every thread's part of iteration {@code k} is there, and nobody reads any more
 * what iteration {@code k - 1} read, the place that the next copy takes. A group without copies
 * stands for each iteration beyond the end, so that waiting counts the same throughout.
 *
 * <p>Where what is copied is swizzled, the warps of a group may multiply it while their threads go
 * on. Then one iteration's products run while the next one is prepared, and copies are one
 * iteration less ahead. Of {@code depth = 4}:
 *
 * <pre>
 *   for k in 0..n {
 *     await all copies but 1; barrier
 *     if (k + 2 &lt; n) { s[(k + 2) % 4] &lt;- x[k + 2] }
 *     commit
 *     start products; compute(s[k % 4]); commit products
 *     await all products but 1
 *   }
 *   await all products
 * </pre>
 *
 * After the barrier all threads have waited for the products of iteration {@code k - 2}, whose
 * place the copy takes.
 */
final class AsyncLoop {
  /** The bytes of the smallest asynchronous copy; larger ones are powers of two. */
  private static final long LEAST_BYTES = 4;

  private static final long MOST_UNROLLED = 16;

  private final PrimVar variable;
  private final long extent;
  private final List<Stmt> copies;
  private final Stmt compute;

  private final CopyRings rings;

  private AsyncLoop(
      PrimVar variable, long extent, List<Stmt> copies, Stmt compute, CopyRings rings) {
    this.variable = variable;
    this.extent = extent;
    this.copies = copies;
    this.compute = compute;
    this.rings = rings;
  }

  /**
   * The loop with its copies; empty where one of them does more than to move elements, or moves
   * less than four bytes at once.
   *
   * @param buffers what the copies write, in their order
   * @param compute the rest of an iteration
   */
  static Optional<Stmt> of(
      PrimVar variable,
      long extent,
      int depth,
      List<Buffer> buffers,
      List<Stmt> copies,
      Stmt compute,
      Simplifier simplifier) {
    boolean possible =
        extent >= 2
            && buffers.size() == copies.size()
            && buffers.stream().allMatch(buffer -> buffer.scope() == Scope.SHARED)
            && copies.stream().allMatch(copy -> isCopy(copy, Optional.empty(), simplifier));
    if (!possible) {
      return Optional.empty();
    }
    return CopyRings.of(variable, (int) Math.min(depth, extent), buffers)
        .map(rings -> new AsyncLoop(variable, extent, copies, compute, rings).build());
  }

  /** One store in loops and conditions, of what lies in global memory. */
  private static boolean isCopy(Stmt copy, Optional<Stmt.For> around, Simplifier simplifier) {
    return switch (copy) {
      case Stmt.Store store -> isCopy(store, around, simplifier);
      case Stmt.For loop -> isCopy(loop.body(), Optional.of(loop), simplifier);
      case Stmt.If branch ->
          branch.otherwise().isEmpty() && isCopy(branch.then(), around, simplifier);
      case Stmt.Allocate _, Stmt.Seq _, Stmt.Evaluate _ -> false;
    };
  }

  private static boolean isCopy(
      Stmt.Store store, Optional<Stmt.For> around, Simplifier simplifier) {
    PrimExpr value = store.value();
    PrimExpr condition = IntImm.TRUE;
    if (value instanceof Select(PrimExpr inside, PrimExpr whenTrue, PrimExpr whenFalse)
        && isZero(whenFalse)) {
      value = whenTrue;
      condition = inside;
    }
    if (!(value instanceof Load source) || source.buffer().scope() != Scope.GLOBAL) {
      return false;
    }
    long bytes = source.dtype().bytes();
    if (bytes >= LEAST_BYTES) {
      return true;
    }
    long unit = LEAST_BYTES / bytes;
    return around.isPresent()
        && around.get().kind() == ForKind.VECTORIZED
        && around.get().extent() instanceof IntImm lanes
        && lanes.value() % unit == 0
        && !PrimExprs.uses(condition, around.get().var())
        && beginsAtMultiple(source.buffer(), source.indices(), around.get(), unit, simplifier)
        && beginsAtMultiple(store.buffer(), store.indices(), around.get(), unit, simplifier);
  }

  private static boolean isZero(PrimExpr expr) {
    return IntImm.is(expr, 0)
        || (expr instanceof FloatImm imm && Double.doubleToRawLongBits(imm.value()) == 0);
  }

  /** True where the lanes' elements lie side by side, the first at a multiple of {@code unit}. */
  private static boolean beginsAtMultiple(
      Buffer buffer, List<PrimExpr> indices, Stmt.For lanes, long unit, Simplifier simplifier) {
    LinearForm place = LinearForm.ZERO;
    for (int dim = 0; dim < indices.size(); dim++) {
      if (!(buffer.strides().get(dim) instanceof IntImm stride)) {
        return false;
      }
      place = place.plus(simplifier.linear(indices.get(dim)), stride.value());
    }
    boolean aligned = place.constant() % unit == 0;
    boolean moves = false;
    for (int i = 0; i < place.size(); i++) {
      if (place.atom(i) == lanes.var()) {
        moves = place.coefficient(i) == 1;
      } else {
        aligned &= place.coefficient(i) % unit == 0;
        aligned &= !PrimExprs.uses(place.atom(i), lanes.var());
      }
    }
    return aligned && moves;
  }

  private Stmt build() {
    int ahead = rings.ahead();
    Stmt commit = new Stmt.Evaluate(new Effect.CommitCopies());
    List<Stmt> all = new ArrayList<>();
    for (int i = 0; i < ahead; i++) {
      all.add(copies(IntImm.of(i)));
      all.add(commit);
    }
    PrimVar iteration = PrimVar.index(variable.name());
    PrimExpr next = iteration.plus(ahead);
    Stmt body =
        Stmt.seq(
            new Stmt.Evaluate(new Effect.AwaitCopies(ahead - 1)),
            new Stmt.Evaluate(new Effect.Barrier()),
            new Stmt.If(next.lessThan(extent), copies(next), Optional.empty(), false),
            commit,
            rings.computing(compute, iteration));
    all.add(new Stmt.For(iteration, IntImm.of(0), IntImm.of(extent), ForKind.SERIAL, body));
    all.add(rings.end());
    return rings.allocated(Stmt.seq(all));
  }

  private Stmt copies(PrimExpr iteration) {
    return Stmt.seq(copies.stream().map(copy -> unrolled(rings.at(copy, iteration))).toList());
  }

  private static Stmt unrolled(Stmt copy) {
    return Stmts.rewrite(copy, stmt -> ShortLoops.unrolled(stmt, MOST_UNROLLED), expr -> expr);
  }
}
