package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;

/**
 * Has one thread run its virtual threads in step: a loop over them moves inwards to the statements
 * that differ between them, and local memory that does is there once for each.
 *
 * <pre>
 *   vthread for v in 0..2 { allocate local c[4]; for k { shared copy; for i { c[i] = c[i] + x[v] } } }
 *
 *   allocate local c[2, 4]; for k { shared copy; unrolled for v in 0..2 { for i { c[v, i] = ... } } }
 * </pre>
 */
final class InterleaveVirtualThreads {
  private final PrimVar variable;
  private final PrimExpr extent;
  private final Map<Buffer, Buffer> copies = new IdentityHashMap<>();

  private InterleaveVirtualThreads(PrimVar variable, PrimExpr extent) {
    this.variable = variable;
    this.extent = extent;
  }

  /** The statement without virtual threads, inner ones first. */
  static Stmt in(Stmt stmt) {
    Stmt inner = Stmts.mapChildren(stmt, InterleaveVirtualThreads::in, expr -> expr);
    if (inner instanceof Stmt.For loop
        && loop.tag().filter(tag -> tag == ThreadTag.VIRTUAL).isPresent()) {
      return new InterleaveVirtualThreads(loop.var(), loop.extent()).interleave(loop.body());
    }
    return inner;
  }

  private Stmt interleave(Stmt body) {
    Set<Buffer> local = new HashSet<>();
    Stmts.forEach(
        body,
        stmt -> {
          if (stmt instanceof Stmt.Allocate(Buffer buffer, _) && buffer.scope() == Scope.LOCAL) {
            local.add(buffer);
          }
        });
    // A buffer differs between virtual threads where a statement that does stores into it.
    Set<Buffer> differing = new HashSet<>();
    int before;
    do {
      before = differing.size();
      Stmts.forEach(
          body,
          stmt -> {
            if (stmt instanceof Stmt.Store store
                && local.contains(store.buffer())
                && differs(store, differing)) {
              differing.add(store.buffer());
            }
          });
    } while (differing.size() > before);
    for (Buffer buffer : differing) {
      List<PrimExpr> shape = new ArrayList<>(List.of(extent));
      shape.addAll(buffer.shape());
      PrimExpr size = IntImm.of(1);
      for (int i = 0; i < buffer.rank(); i++) {
        size = size.plus(buffer.shape().get(i).minus(1).times(buffer.strides().get(i)));
      }
      List<PrimExpr> strides = new ArrayList<>(List.of(size));
      strides.addAll(buffer.strides());
      copies.put(buffer, buffer.with(shape, strides));
    }
    return push(body, differing);
  }

  private boolean differs(Stmt stmt, Set<Buffer> differing) {
    for (PrimExpr expr : Stmts.expressions(stmt)) {
      boolean[] found = {PrimExprs.uses(expr, variable)};
      PrimExprs.forEach(
          expr, node -> found[0] |= node instanceof Load load && differing.contains(load.buffer()));
      if (found[0]) {
        return true;
      }
    }
    return stmt instanceof Stmt.Store store && differing.contains(store.buffer());
  }

  private Stmt push(Stmt stmt, Set<Buffer> differing) {
    return switch (stmt) {
      case Stmt.Seq(List<Stmt> statements) ->
          Stmt.seq(statements.stream().map(part -> push(part, differing)).toList());
      case Stmt.Allocate(Buffer buffer, Stmt body) ->
          new Stmt.Allocate(copies.getOrDefault(buffer, buffer), push(body, differing));
      case Stmt.For loop when !differs(loop, differing) && loop.kind() != ForKind.VECTORIZED ->
          loop.withBody(push(loop.body(), differing));
      case Stmt.If branch when !differs(branch, differing) ->
          new Stmt.If(
              branch.condition(),
              push(branch.then(), differing),
              branch.otherwise().map(part -> push(part, differing)),
              branch.likely());
      case Stmt.For _, Stmt.If _, Stmt.Store _, Stmt.Evaluate _ ->
          differsBelow(stmt, differing) ? forEach(stmt) : stmt;
    };
  }

  private boolean differsBelow(Stmt stmt, Set<Buffer> differing) {
    boolean[] found = {false};
    Stmts.forEach(stmt, inner -> found[0] |= differs(inner, differing));
    return found[0];
  }

  private Stmt forEach(Stmt stmt) {
    PrimVar own = PrimVar.index(variable.name());
    Stmt body =
        Stmts.rewrite(
            stmt,
            inner ->
                inner instanceof Stmt.Store store && copies.containsKey(store.buffer())
                    ? store.with(
                        copies.get(store.buffer()), prepend(own, store.indices()), store.value())
                    : inner,
            expr ->
                expr == variable
                    ? own
                    : expr instanceof Load load && copies.containsKey(load.buffer())
                        ? new Load(copies.get(load.buffer()), prepend(own, load.indices()))
                        : expr);
    return new Stmt.For(own, IntImm.of(0), extent, ForKind.UNROLLED, body);
  }

  private static List<PrimExpr> prepend(PrimExpr first, List<PrimExpr> rest) {
    List<PrimExpr> all = new ArrayList<>(List.of(first));
    all.addAll(rest);
    return all;
  }
}
