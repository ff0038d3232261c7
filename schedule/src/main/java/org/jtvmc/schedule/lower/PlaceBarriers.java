package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.schedule.ScheduleException;

/**
 * Puts a barrier wherever a thread may read shared memory that another has written since the last
 * one, or write what another has read. Barriers stand where all threads of the block come: in no
 * loop or condition that some of them leave out.
 *
 * <p>A stage's own loops write each element of its tensor in one thread, so that only reads by
 * other stages need a barrier. What is copied asynchronously is there after waiting, which {@link
 * AsyncLoop} places together with the barrier after it.
 */
final class PlaceBarriers {
  private final Map<ThreadTag, Long> extents;
  private final Set<PrimVar> threadVariables = new HashSet<>();

  private PlaceBarriers(Map<ThreadTag, Long> extents) {
    this.extents = extents;
  }

  /**
   * One nest at the root with its barriers.
   *
   * @throws ScheduleException where one is needed at a place to which not all threads come
   */
  static Stmt in(Stmt nest, Map<ThreadTag, Long> extents) {
    PlaceBarriers pass = new PlaceBarriers(extents);
    return pass.place(nest, new State());
  }

  /** The shared buffers written and read since the last barrier, on some way to this point. */
  private static final class State {
    private final Set<Buffer> written = new LinkedHashSet<>();
    private final Set<Buffer> read = new LinkedHashSet<>();

    /** Those into which asynchronous copies began: a barrier after the waiting makes them read. */
    private final Set<Buffer> started = new LinkedHashSet<>();

    void clear() {
      started.clear();
      written.clear();
      read.clear();
    }

    void add(State other) {
      started.addAll(other.started);
      written.addAll(other.written);
      read.addAll(other.read);
    }

    boolean conflicts(State next) {
      return next.read.stream().anyMatch(written::contains)
          || next.written.stream().anyMatch(read::contains)
          || next.started.stream().anyMatch(read::contains);
    }

    boolean isEmpty() {
      return written.isEmpty() && read.isEmpty() && started.isEmpty();
    }
  }

  private Stmt place(Stmt stmt, State state) {
    State own = accesses(stmt);
    if (own.isEmpty() && !hasCollective(stmt)) {
      return stmt;
    }
    // Of a sequence only some parts may conflict.
    boolean whole = !(stmt instanceof Stmt.Seq) && !(stmt instanceof Stmt.Allocate);
    boolean needed = whole && state.conflicts(own);
    if (needed) {
      state.clear();
    }
    Stmt placed =
        switch (stmt) {
          case Stmt.Seq(List<Stmt> statements) -> {
            List<Stmt> all = new ArrayList<>();
            statements.forEach(statement -> all.add(place(statement, state)));
            yield Stmt.seq(all);
          }
          case Stmt.Allocate allocate -> allocate.withBody(place(allocate.body(), state));
          case Stmt.For loop -> loop(loop, state, own);
          case Stmt.If branch -> {
            if (uses(branch.condition(), threadVariables)) {
              yield together(stmt, state, own);
            }
            State other = new State();
            other.add(state);
            Stmt then = place(branch.then(), state);
            Stmt.If result =
                new Stmt.If(
                    branch.condition(),
                    then,
                    branch.otherwise().map(part -> place(part, other)),
                    branch.likely());
            state.add(other);
            yield result;
          }
          case Stmt.Store _ -> together(stmt, state, own);
          case Stmt.Evaluate(Effect effect) -> {
            if (effect instanceof Effect.Barrier || effect instanceof Effect.CountBlock) {
              state.clear();
            } else {
              state.add(own);
            }
            yield stmt;
          }
        };
    return needed ? Stmt.seq(new Stmt.Evaluate(new Effect.Barrier()), placed) : placed;
  }

  private Stmt loop(Stmt.For loop, State state, State own) {
    boolean someThreads =
        loop.kind() == ForKind.THREAD
            && !(loop.extent() instanceof IntImm extent
                && extent.value() == extents.get(loop.tag().orElseThrow()));
    boolean varies = uses(loop.min(), threadVariables) || uses(loop.extent(), threadVariables);
    if (someThreads || varies || loop.kind() == ForKind.VECTORIZED) {
      return together(loop, state, own);
    }
    if (loop.kind() == ForKind.THREAD) {
      if (!loop.tag().orElseThrow().isBlock()) {
        threadVariables.add(loop.var());
      }
      return loop.withBody(place(loop.body(), state));
    }
    // What the end of an iteration leaves is there at the beginning of the next.
    State end = new State();
    place(loop.body(), end);
    state.add(end);
    return loop.withBody(place(loop.body(), state));
  }

  /** A statement inside of which there can be no barrier, and need be none. */
  private static Stmt together(Stmt stmt, State state, State own) {
    if (own.conflicts(own) || hasCollective(stmt)) {
      throw new ScheduleException(
          "threads would have to wait for each other where not all of them come:\n" + stmt);
    }
    state.add(own);
    return stmt;
  }

  private static boolean uses(PrimExpr expr, Set<PrimVar> variables) {
    return PrimExprs.variables(expr).keySet().stream().anyMatch(variables::contains);
  }

  private static boolean hasCollective(Stmt stmt) {
    boolean[] found = {false};
    Stmts.forEach(
        stmt,
        inner ->
            found[0] |= inner instanceof Stmt.Evaluate(Effect effect) && !effect.isOfOneThread());
    return found[0];
  }

  private static State accesses(Stmt stmt) {
    State all = new State();
    Stmts.forEach(
        stmt,
        inner -> {
          if (inner instanceof Stmt.Evaluate(Effect.StartTile tile)) {
            all.started.add(tile.target().buffer());
            return;
          }
          if (inner instanceof Stmt.Evaluate(Effect.StartPixels pixels)) {
            all.started.add(pixels.target().buffer());
            return;
          }
          Buffer target = null;
          if (inner instanceof Stmt.Store store) {
            target = store.buffer();
            if (target.scope() == Scope.SHARED) {
              (store.async() ? all.started : all.written).add(target);
            }
          }
          Buffer own = target;
          for (PrimExpr expr : Stmts.expressions(inner)) {
            PrimExprs.forEach(
                expr,
                node -> {
                  if (node instanceof Load load
                      && load.buffer().scope() == Scope.SHARED
                      && load.buffer() != own) {
                    all.read.add(load.buffer());
                  }
                });
          }
        });
    return all;
  }
}
