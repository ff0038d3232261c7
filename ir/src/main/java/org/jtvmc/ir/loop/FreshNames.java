package org.jtvmc.ir.loop;

import java.util.IdentityHashMap;
import java.util.Map;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;

/** Copies of statements with variables and buffers of their own, since each is defined once. */
public final class FreshNames {
  private final Map<PrimVar, PrimVar> variables = new IdentityHashMap<>();
  private final Map<Buffer, Buffer> buffers = new IdentityHashMap<>();

  private FreshNames() {}

  /** The same statement; what it defines is new. */
  public static Stmt copy(Stmt stmt) {
    FreshNames names = new FreshNames();
    Stmts.forEach(stmt, names::define);
    return Stmts.rewrite(stmt, names::renamed, names::renamed);
  }

  private void define(Stmt stmt) {
    if (stmt instanceof Stmt.For loop) {
      variables.put(loop.var(), new PrimVar(loop.var().name(), loop.var().dtype()));
    } else if (stmt instanceof Stmt.Allocate(Buffer buffer, _)) {
      buffers.put(
          buffer,
          buffer.with(
              buffer.shape().stream().map(this::everywhere).toList(),
              buffer.strides().stream().map(this::everywhere).toList()));
    }
  }

  private PrimExpr everywhere(PrimExpr expr) {
    return PrimExprs.rewrite(expr, this::renamed);
  }

  private Stmt renamed(Stmt stmt) {
    return switch (stmt) {
      case Stmt.For loop ->
          new Stmt.For(
              variables.get(loop.var()),
              loop.min(),
              loop.extent(),
              loop.kind(),
              loop.tag(),
              loop.body());
      case Stmt.Allocate(Buffer buffer, Stmt body) -> new Stmt.Allocate(buffers.get(buffer), body);
      case Stmt.Store store when buffers.containsKey(store.buffer()) ->
          store.with(buffers.get(store.buffer()), store.indices(), store.value());
      case Stmt.Store _, Stmt.If _, Stmt.Seq _, Stmt.Evaluate _ -> stmt;
    };
  }

  private PrimExpr renamed(PrimExpr expr) {
    if (expr instanceof PrimVar variable && variables.containsKey(variable)) {
      return variables.get(variable);
    }
    return expr instanceof Load load && buffers.containsKey(load.buffer())
        ? new Load(buffers.get(load.buffer()), load.indices())
        : expr;
  }
}
