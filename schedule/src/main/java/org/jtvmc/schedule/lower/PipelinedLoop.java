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
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.FreshNames;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * A loop whose copies into shared memory run one iteration ahead. There are {@code depth} places
 * for each copy, which the iterations take in turn; what comes from memory waits in registers while
 * the iteration computes.
 *
 * <pre>
 *   for k in 0..n { s = x[k]; compute(s) }
 *
 *   s0 = x[0]
 *   for k in 0..n/2 {
 *     r = x[2k + 1]; compute(s0); s1 = r
 *     if (2k + 2 &lt; n) { r = x[2k + 2] } compute(s1); if (2k + 2 &lt; n) { s0 = r }
 *   }
 * </pre>
 */
final class PipelinedLoop {
  private static final long MOST_UNROLLED = 64;

  private final PrimVar variable;
  private final long extent;
  private final int depth;
  private final List<Buffer> buffers;
  private final List<Stmt> copies;
  private final Stmt compute;

  /** The places of each copy, by the original buffer. */
  private final Map<Buffer, List<Buffer>> places = new HashMap<>();

  private PipelinedLoop(
      PrimVar variable,
      long extent,
      int depth,
      List<Buffer> buffers,
      List<Stmt> copies,
      Stmt compute) {
    this.variable = variable;
    this.extent = extent;
    this.depth = depth;
    this.buffers = buffers;
    this.copies = copies;
    this.compute = compute;
    for (Buffer buffer : buffers) {
      List<Buffer> all = new ArrayList<>();
      for (int i = 0; i < depth; i++) {
        String name = buffer.name() + "." + i;
        all.add(
            new Buffer(
                name,
                buffer.dtype(),
                buffer.shape(),
                buffer.strides(),
                buffer.scope(),
                buffer.isSwizzled()));
      }
      places.put(buffer, all);
    }
  }

  /**
   * The loop with its copies; empty where they are not all plain ones into shared memory.
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
      Stmt compute) {
    boolean plain =
        buffers.size() == copies.size()
            && buffers.stream().allMatch(buffer -> buffer.scope() == Scope.SHARED)
            && copies.stream().allMatch(PipelinedLoop::isPlain);
    return plain && extent >= 2
        ? Optional.of(new PipelinedLoop(variable, extent, depth, buffers, copies, compute).build())
        : Optional.empty();
  }

  /** One store in loops and conditions. */
  private static boolean isPlain(Stmt copy) {
    return switch (copy) {
      case Stmt.Store _ -> true;
      case Stmt.For loop -> isPlain(loop.body());
      case Stmt.If branch -> branch.otherwise().isEmpty() && isPlain(branch.then());
      case Stmt.Allocate _, Stmt.Seq _, Stmt.Evaluate _ -> false;
    };
  }

  private Stmt build() {
    List<Stmt> all = new ArrayList<>();
    for (Stmt copy : copies) {
      all.add(at(copy, IntImm.of(0), 0));
    }
    long rounds = extent / depth;
    PrimVar round = PrimVar.index(variable.name());
    List<Stmt> steps = new ArrayList<>();
    for (int step = 0; step < depth; step++) {
      PrimExpr iteration = round.times(depth).plus(step);
      boolean last = step == depth - 1 && extent % depth == 0;
      PrimExpr guard = last ? iteration.plus(1).lessThan(extent) : IntImm.TRUE;
      steps.add(step(iteration, step, guard));
    }
    all.add(new Stmt.For(round, IntImm.of(0), IntImm.of(rounds), ForKind.SERIAL, Stmt.seq(steps)));
    for (long iteration = rounds * depth; iteration < extent; iteration++) {
      PrimExpr guard = iteration + 1 < extent ? IntImm.TRUE : IntImm.FALSE;
      all.add(step(IntImm.of(iteration), (int) (iteration % depth), guard));
    }
    Stmt body = Stmt.seq(all);
    for (Buffer buffer : buffers) {
      for (Buffer place : places.get(buffer)) {
        body = new Stmt.Allocate(place, body);
      }
    }
    return body;
  }

  /** One iteration, with the copies for the next around it where there is a next. */
  private Stmt step(PrimExpr iteration, int place, PrimExpr hasNext) {
    Stmt own = at(compute, iteration, place);
    if (IntImm.is(hasNext, 0)) {
      return own;
    }
    List<Stmt> before = new ArrayList<>();
    List<Stmt> after = new ArrayList<>();
    List<Buffer> waiting = new ArrayList<>();
    for (Stmt copy : copies) {
      Stmt next = at(copy, iteration.plus(1), (place + 1) % depth);
      List<Stmt.For> loops = new ArrayList<>();
      Stmt.Store store = storeOf(next, loops);
      List<PrimExpr> shape = loops.stream().map(Stmt.For::extent).toList();
      List<PrimExpr> indices = loops.stream().map(loop -> loop.var().minus(loop.min())).toList();
      Buffer registers =
          Buffer.dense(store.buffer().name() + "_next", store.buffer().dtype(), shape, Scope.LOCAL);
      waiting.add(registers);
      before.add(replace(next, store, new Stmt.Store(registers, indices, store.value())));
      Stmt.Store put =
          new Stmt.Store(store.buffer(), store.indices(), new Load(registers, indices));
      after.add(FreshNames.copy(replace(next, store, put)));
    }
    Stmt all = Stmt.seq(guarded(hasNext, Stmt.seq(before)), own, guarded(hasNext, Stmt.seq(after)));
    for (Buffer registers : waiting) {
      all = new Stmt.Allocate(registers, all);
    }
    return all;
  }

  private static Stmt guarded(PrimExpr condition, Stmt body) {
    return IntImm.is(condition, 1) ? body : new Stmt.If(condition, body, Optional.empty(), false);
  }

  /** The statement for one iteration, reading or writing one place of each copy. */
  private Stmt at(Stmt stmt, PrimExpr iteration, int place) {
    Stmt renamed =
        Stmts.rewrite(
            stmt,
            inner ->
                inner instanceof Stmt.Store store && places.containsKey(store.buffer())
                    ? store.with(
                        places.get(store.buffer()).get(place), store.indices(), store.value())
                    : inner,
            expr ->
                expr == variable
                    ? iteration
                    : expr instanceof Load load && places.containsKey(load.buffer())
                        ? new Load(places.get(load.buffer()).get(place), load.indices())
                        : expr);
    return FreshNames.copy(renamed);
  }

  /** The store of a plain copy; its loops that are not over threads are added to {@code loops}. */
  private static Stmt.Store storeOf(Stmt copy, List<Stmt.For> loops) {
    return switch (copy) {
      case Stmt.Store store -> store;
      case Stmt.For loop -> {
        if (loop.kind() != ForKind.THREAD) {
          loops.add(loop);
        }
        yield storeOf(loop.body(), loops);
      }
      case Stmt.If branch -> storeOf(branch.then(), loops);
      case Stmt.Allocate _, Stmt.Seq _, Stmt.Evaluate _ ->
          throw new IllegalStateException("not a plain copy: " + copy);
    };
  }

  /** The copy with another store, its loops unrolled so that registers can hold what they move. */
  private static Stmt replace(Stmt copy, Stmt.Store from, Stmt.Store to) {
    return Stmts.rewrite(
        copy, stmt -> stmt == from ? to : ShortLoops.unrolled(stmt, MOST_UNROLLED), expr -> expr);
  }
}
