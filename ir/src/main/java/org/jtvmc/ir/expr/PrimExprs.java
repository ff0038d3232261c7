package org.jtvmc.ir.expr;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Traversal and rewriting of scalar expressions. */
public final class PrimExprs {

  private PrimExprs() {}

  /** The direct operands of {@code expr}, in order. */
  public static List<PrimExpr> children(PrimExpr expr) {
    return switch (expr) {
      case IntImm _, FloatImm _, PrimVar _ -> List.of();
      case Binary(_, PrimExpr left, PrimExpr right) -> List.of(left, right);
      case Compare(_, PrimExpr left, PrimExpr right) -> List.of(left, right);
      case Not(PrimExpr operand) -> List.of(operand);
      case Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse) ->
          List.of(condition, whenTrue, whenFalse);
      case Cast(_, PrimExpr value) -> List.of(value);
      case Reinterpret(_, PrimExpr value) -> List.of(value);
      case Intrinsic intrinsic -> intrinsic.arguments();
      case Read read -> read.indices();
      case Load load -> load.indices();
    };
  }

  /** Calls {@code visitor} with {@code expr} and everything below it, parents first. */
  public static void forEach(PrimExpr expr, Consumer<PrimExpr> visitor) {
    visitor.accept(expr);
    for (PrimExpr child : children(expr)) {
      forEach(child, visitor);
    }
  }

  /**
   * {@code expr} with {@code rewrite} applied to its direct operands. The same object where that
   * changes none; otherwise rebuilt through the folding factories.
   */
  public static PrimExpr mapChildren(PrimExpr expr, UnaryOperator<PrimExpr> rewrite) {
    List<PrimExpr> before = children(expr);
    if (before.isEmpty()) {
      return expr;
    }
    List<PrimExpr> after = new ArrayList<>(before.size());
    boolean changed = false;
    for (PrimExpr child : before) {
      PrimExpr mapped = rewrite.apply(child);
      changed |= mapped != child;
      after.add(mapped);
    }
    if (!changed) {
      return expr;
    }
    return switch (expr) {
      case IntImm _, FloatImm _, PrimVar _ -> expr;
      case Binary binary -> Binary.of(binary.op(), after.get(0), after.get(1));
      case Compare compare -> Compare.of(compare.op(), after.get(0), after.get(1));
      case Not _ -> Not.of(after.get(0));
      case Select _ -> Select.of(after.get(0), after.get(1), after.get(2));
      case Cast cast -> Cast.of(cast.dtype(), after.get(0));
      case Reinterpret bits -> Reinterpret.of(bits.dtype(), after.get(0));
      case Intrinsic intrinsic -> new Intrinsic(intrinsic.op(), after);
      case Read read -> new Read(read.tensor(), after);
      case Load load -> new Load(load.buffer(), after);
    };
  }

  /** Rewrites bottom-up: operands first, then {@code rewrite} on the rebuilt node. */
  public static PrimExpr rewrite(PrimExpr expr, UnaryOperator<PrimExpr> rewrite) {
    return rewrite.apply(mapChildren(expr, child -> rewrite(child, rewrite)));
  }

  /** Replaces variables; those that {@code values} lacks stay. */
  public static PrimExpr substitute(PrimExpr expr, Map<PrimVar, ? extends PrimExpr> values) {
    return values.isEmpty() ? expr : rewrite(expr, node -> valueOf(node, values));
  }

  private static PrimExpr shared(
      PrimExpr expr, Map<PrimVar, ? extends PrimExpr> values, Map<PrimExpr, PrimExpr> done) {
    PrimExpr known = done.get(expr);
    if (known == null) {
      known = valueOf(mapChildren(expr, child -> shared(child, values, done)), values);
      done.put(expr, known);
    }
    return known;
  }

  /** As {@link #substitute}; what occurs several times in {@code expr} stays one object. */
  public static PrimExpr substituteShared(PrimExpr expr, Map<PrimVar, ? extends PrimExpr> values) {
    return values.isEmpty() ? expr : shared(expr, values, new IdentityHashMap<>());
  }

  private static PrimExpr valueOf(PrimExpr node, Map<PrimVar, ? extends PrimExpr> values) {
    PrimExpr value = node instanceof PrimVar variable ? values.get(variable) : null;
    return value == null ? node : value;
  }

  /** Replaces one variable. */
  public static PrimExpr substitute(PrimExpr expr, PrimVar variable, PrimExpr value) {
    return substitute(expr, Map.of(variable, value));
  }

  /** True where {@code variable} occurs in {@code expr}. */
  public static boolean uses(PrimExpr expr, PrimVar variable) {
    if (expr == variable) {
      return true;
    }
    for (PrimExpr child : children(expr)) {
      if (uses(child, variable)) {
        return true;
      }
    }
    return false;
  }

  /** How often each variable occurs in {@code expr}. */
  public static Map<PrimVar, Integer> variables(PrimExpr expr) {
    Map<PrimVar, Integer> counts = new HashMap<>();
    forEach(
        expr,
        node -> {
          if (node instanceof PrimVar variable) {
            counts.merge(variable, 1, Integer::sum);
          }
        });
    return counts;
  }
}
