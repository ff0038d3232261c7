package org.jtvmc.schedule.lower;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

/**
 * Moves a condition that only some threads meet into the work that threads do together, so that it
 * guards each thread's own part and all of them take part in the rest:
 *
 * <pre>
 *   if (thread &lt; 3) { allocate shared s { copy to s; x = s[thread] } }
 *
 *   allocate shared s { copy to s; if (thread &lt; 3) { x = s[thread] } }
 * </pre>
 *
 * What threads compute into shared memory inside of it has guards of its own. Of what threads
 * reduce together, the condition guards each thread's part and the store of the result.
 */
final class SinkThreadGuards {
  private final Set<PrimVar> threadVariables = new HashSet<>();

  /** A thread's own memory in which it carries what it copies into shared memory. */
  private final Set<Buffer> carried = new HashSet<>();

  /** A thread's part of what threads reduce together. */
  private final Set<Buffer> reduced = new HashSet<>();

  private final Set<Buffer> unguarded;

  private SinkThreadGuards(Set<Buffer> unguarded) {
    this.unguarded = unguarded;
  }

  /**
   * The nest with its conditions moved.
   *
   * @param unguarded what a thread may write whether its condition holds or not
   */
  static Stmt in(Stmt nest, Set<Buffer> unguarded) {
    SinkThreadGuards pass = new SinkThreadGuards(unguarded);
    Stmts.forEach(
        nest,
        stmt -> {
          if (stmt instanceof Stmt.For loop
              && loop.kind() == ForKind.THREAD
              && !loop.tag().orElseThrow().isBlock()) {
            pass.threadVariables.add(loop.var());
          }
          if (stmt instanceof Stmt.Store store && store.buffer().scope() == Scope.SHARED) {
            pass.carried.addAll(localsOf(store));
          }
          if (stmt instanceof Stmt.Evaluate(Effect.AllReduce reduce)) {
            pass.reduced.add(reduce.element().buffer());
          }
        });
    pass.carried.removeAll(pass.reduced);
    return Stmts.rewrite(nest, pass::visit, expr -> expr);
  }

  /** What a store takes of a thread's own memory. */
  private static Set<Buffer> localsOf(Stmt.Store store) {
    Set<Buffer> locals = new HashSet<>();
    PrimExprs.forEach(
        store.value(),
        node -> {
          if (node instanceof Load load && load.buffer().scope() == Scope.LOCAL) {
            locals.add(load.buffer());
          }
        });
    return locals;
  }

  private Stmt visit(Stmt stmt) {
    return stmt instanceof Stmt.If branch
            && branch.otherwise().isEmpty()
            && differs(branch.condition())
            && isTogether(branch.then())
        ? sink(branch.then(), branch.condition())
        : stmt;
  }

  private boolean differs(PrimExpr condition) {
    return PrimExprs.variables(condition).keySet().stream().anyMatch(threadVariables::contains);
  }

  /**
   * True where the threads share memory or results inside of the statement, or compute what they
   * may compute without the condition: warps then multiply together.
   */
  private boolean isTogether(Stmt stmt) {
    boolean[] found = {false};
    Stmts.forEach(
        stmt,
        inner ->
            found[0] |=
                inner instanceof Stmt.Evaluate
                    || (inner instanceof Stmt.Seq && writesShared(inner) && hasThreads(inner))
                    || (inner instanceof Stmt.Allocate allocate
                        && (allocate.buffer().scope() == Scope.SHARED
                            || unguarded.contains(allocate.buffer()))));
    return found[0];
  }

  /** False where all of it is one thread's: there a condition is the stage's own. */
  private static boolean hasThreads(Stmt stmt) {
    boolean[] found = {false};
    Stmts.forEach(
        stmt, inner -> found[0] |= inner instanceof Stmt.For loop && loop.kind() == ForKind.THREAD);
    return found[0];
  }

  private static boolean writesShared(Stmt stmt) {
    boolean[] found = {false};
    Stmts.forEach(
        stmt,
        inner ->
            found[0] |=
                inner instanceof Stmt.Store store && store.buffer().scope() == Scope.SHARED);
    return found[0];
  }

  /**
   * True for what another stage computes into shared memory, for all threads: it has guards of its
   * own, and no thread of the condition takes part in it as that thread.
   */
  private boolean isOfOthers(Stmt stmt, PrimExpr condition) {
    Set<PrimVar> threads = new HashSet<>(PrimExprs.variables(condition).keySet());
    threads.retainAll(threadVariables);
    boolean[] uses = {false};
    Stmts.forEach(
        stmt,
        inner -> {
          if (inner instanceof Stmt.Store store) {
            uses[0] |= threads.stream().anyMatch(thread -> uses(store, thread));
          }
        });
    return writesShared(stmt) && !uses[0];
  }

  private static boolean uses(Stmt.Store store, PrimVar variable) {
    return PrimExprs.uses(store.value(), variable)
        || store.indices().stream().anyMatch(index -> PrimExprs.uses(index, variable));
  }

  /** True where all that is done is to store what threads have reduced together before. */
  private boolean storesReduced(Stmt.For loop) {
    return loop.body() instanceof Stmt.Store store
        && reduced.containsAll(localsOf(store))
        && !localsOf(store).isEmpty();
  }

  private boolean carries(Stmt stmt) {
    boolean[] found = {false};
    Stmts.forEach(
        stmt,
        inner -> found[0] |= inner instanceof Stmt.Store store && carried.contains(store.buffer()));
    return found[0];
  }

  /** True where the statement writes nothing but what may be written without the condition. */
  private boolean isUnguarded(Stmt stmt) {
    boolean[] all = {true};
    Stmts.forEach(
        stmt,
        inner ->
            all[0] &= !(inner instanceof Stmt.Store store) || unguarded.contains(store.buffer()));
    return all[0];
  }

  private Stmt sink(Stmt stmt, PrimExpr condition) {
    return switch (stmt) {
      case Stmt.Seq(List<Stmt> statements) ->
          Stmt.seq(statements.stream().map(part -> sink(part, condition)).toList());
      case Stmt.Allocate allocate -> allocate.withBody(sink(allocate.body(), condition));
      case Stmt.For loop when isOfOthers(loop, condition) -> loop;
      case Stmt.For loop when storesReduced(loop) -> Stmt.If.guard(condition, loop);
      case Stmt.For loop when isTogether(loop) -> loop.withBody(sink(loop.body(), condition));
      case Stmt.If branch when isTogether(branch) ->
          new Stmt.If(
              branch.condition(),
              sink(branch.then(), condition),
              branch.otherwise().map(part -> sink(part, condition)),
              branch.likely());
      case Stmt.If branch
          when branch.otherwise().isEmpty() && branch.condition().equals(condition) ->
          branch;
      case Stmt.Evaluate _ -> stmt;
      case Stmt.For _, Stmt.If _, Stmt.Store _ ->
          (writesShared(stmt) && hasThreads(stmt)) || carries(stmt) || isUnguarded(stmt)
              ? stmt
              : new Stmt.If(condition, stmt, Optional.empty(), true);
    };
  }
}
