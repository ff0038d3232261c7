package org.jtvmc.ir.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;

/** Traversal and rewriting of loop IR. A rewrite that changes nothing returns the same object. */
public final class Stmts {

  private Stmts() {}

  /** The direct sub-statements. */
  public static List<Stmt> children(Stmt stmt) {
    return switch (stmt) {
      case Stmt.For loop -> List.of(loop.body());
      case Stmt.Store _, Stmt.Evaluate _ -> List.of();
      case Stmt.Allocate allocate -> List.of(allocate.body());
      case Stmt.If branch ->
          branch.otherwise().isPresent()
              ? List.of(branch.then(), branch.otherwise().get())
              : List.of(branch.then());
      case Stmt.Seq seq -> seq.statements();
    };
  }

  /** The scalar expressions that stand directly in {@code stmt}, not those of sub-statements. */
  public static List<PrimExpr> expressions(Stmt stmt) {
    return switch (stmt) {
      case Stmt.For loop -> List.of(loop.min(), loop.extent());
      case Stmt.Store store -> {
        List<PrimExpr> all = new ArrayList<>(store.indices());
        all.add(store.value());
        yield all;
      }
      case Stmt.If branch -> List.of(branch.condition());
      case Stmt.Evaluate(Effect effect) -> effect.operands();
      case Stmt.Allocate _, Stmt.Seq _ -> List.of();
    };
  }

  /** Calls {@code visitor} with {@code stmt} and everything below it, parents first. */
  public static void forEach(Stmt stmt, Consumer<Stmt> visitor) {
    visitor.accept(stmt);
    for (Stmt child : children(stmt)) {
      forEach(child, visitor);
    }
  }

  /** Calls {@code visitor} with every scalar expression below {@code stmt}, parents first. */
  public static void forEachExpr(Stmt stmt, Consumer<PrimExpr> visitor) {
    forEach(stmt, s -> expressions(s).forEach(e -> PrimExprs.forEach(e, visitor)));
  }

  /**
   * {@code stmt} with {@code onStmt} applied to its direct sub-statements and {@code onExpr} to its
   * own expressions.
   */
  public static Stmt mapChildren(
      Stmt stmt, UnaryOperator<Stmt> onStmt, UnaryOperator<PrimExpr> onExpr) {
    return switch (stmt) {
      case Stmt.For loop -> {
        PrimExpr min = onExpr.apply(loop.min());
        PrimExpr extent = onExpr.apply(loop.extent());
        Stmt body = onStmt.apply(loop.body());
        yield min == loop.min() && extent == loop.extent() && body == loop.body()
            ? loop
            : new Stmt.For(loop.var(), min, extent, loop.kind(), loop.tag(), body);
      }
      case Stmt.Store store -> {
        List<PrimExpr> indices = map(store.indices(), onExpr);
        PrimExpr value = onExpr.apply(store.value());
        yield indices == store.indices() && value == store.value()
            ? store
            : store.with(store.buffer(), indices, value);
      }
      case Stmt.Allocate allocate -> allocate.withBody(onStmt.apply(allocate.body()));
      case Stmt.If branch -> {
        PrimExpr condition = onExpr.apply(branch.condition());
        Stmt then = onStmt.apply(branch.then());
        Optional<Stmt> otherwise = branch.otherwise().map(onStmt);
        yield condition == branch.condition()
                && then == branch.then()
                && otherwise.orElse(null) == branch.otherwise().orElse(null)
            ? branch
            : new Stmt.If(condition, then, otherwise, branch.likely());
      }
      case Stmt.Seq seq -> {
        List<Stmt> statements = map(seq.statements(), onStmt);
        yield statements == seq.statements() ? seq : Stmt.seq(statements);
      }
      case Stmt.Evaluate evaluate -> {
        List<PrimExpr> before = evaluate.effect().operands();
        List<PrimExpr> after = map(before, onExpr);
        yield after == before ? evaluate : new Stmt.Evaluate(evaluate.effect().withOperands(after));
      }
    };
  }

  /** Rewrites bottom-up: parts first, then {@code onStmt} or {@code onExpr} on the rebuilt node. */
  public static Stmt rewrite(
      Stmt stmt, UnaryOperator<Stmt> onStmt, UnaryOperator<PrimExpr> onExpr) {
    return onStmt.apply(
        mapChildren(
            stmt,
            child -> rewrite(child, onStmt, onExpr),
            expr -> PrimExprs.rewrite(expr, onExpr)));
  }

  /** Replaces variables in every expression below {@code stmt}. */
  public static Stmt substitute(Stmt stmt, Map<PrimVar, ? extends PrimExpr> values) {
    if (values.isEmpty()) {
      return stmt;
    }
    return mapChildren(
        stmt, child -> substitute(child, values), expr -> PrimExprs.substitute(expr, values));
  }

  private static <T> List<T> map(List<T> items, UnaryOperator<T> rewrite) {
    List<T> mapped = new ArrayList<>(items.size());
    boolean changed = false;
    for (T item : items) {
      T other = rewrite.apply(item);
      changed |= other != item;
      mapped.add(other);
    }
    return changed ? mapped : items;
  }
}
