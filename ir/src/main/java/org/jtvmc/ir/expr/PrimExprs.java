package org.jtvmc.ir.expr;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jtvmc.ir.type.DType;

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
    switch (expr) {
      case IntImm _, FloatImm _, PrimVar _ -> {}
      case Binary(_, PrimExpr left, PrimExpr right) -> {
        forEach(left, visitor);
        forEach(right, visitor);
      }
      case Compare(_, PrimExpr left, PrimExpr right) -> {
        forEach(left, visitor);
        forEach(right, visitor);
      }
      case Not(PrimExpr operand) -> forEach(operand, visitor);
      case Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse) -> {
        forEach(condition, visitor);
        forEach(whenTrue, visitor);
        forEach(whenFalse, visitor);
      }
      case Cast(_, PrimExpr value) -> forEach(value, visitor);
      case Reinterpret(_, PrimExpr value) -> forEach(value, visitor);
      case Intrinsic intrinsic -> forEach(intrinsic.arguments(), visitor);
      case Read read -> forEach(read.indices(), visitor);
      case Load load -> forEach(load.indices(), visitor);
    }
  }

  private static void forEach(List<PrimExpr> expressions, Consumer<PrimExpr> visitor) {
    for (int i = 0; i < expressions.size(); i++) {
      forEach(expressions.get(i), visitor);
    }
  }

  /**
   * {@code expr} with {@code rewrite} applied to its direct operands. The same object where that
   * changes none; otherwise rebuilt through the folding factories.
   */
  public static PrimExpr mapChildren(PrimExpr expr, UnaryOperator<PrimExpr> rewrite) {
    return switch (expr) {
      case IntImm _, FloatImm _, PrimVar _ -> expr;
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) -> {
        PrimExpr newLeft = rewrite.apply(left);
        PrimExpr newRight = rewrite.apply(right);
        yield newLeft == left && newRight == right ? expr : Binary.of(op, newLeft, newRight);
      }
      case Compare(Compare.Op op, PrimExpr left, PrimExpr right) -> {
        PrimExpr newLeft = rewrite.apply(left);
        PrimExpr newRight = rewrite.apply(right);
        yield newLeft == left && newRight == right ? expr : Compare.of(op, newLeft, newRight);
      }
      case Not(PrimExpr operand) -> {
        PrimExpr newOperand = rewrite.apply(operand);
        yield newOperand == operand ? expr : Not.of(newOperand);
      }
      case Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse) -> {
        PrimExpr newCondition = rewrite.apply(condition);
        PrimExpr newTrue = rewrite.apply(whenTrue);
        PrimExpr newFalse = rewrite.apply(whenFalse);
        yield newCondition == condition && newTrue == whenTrue && newFalse == whenFalse
            ? expr
            : Select.of(newCondition, newTrue, newFalse);
      }
      case Cast(DType dtype, PrimExpr value) -> {
        PrimExpr newValue = rewrite.apply(value);
        yield newValue == value ? expr : Cast.of(dtype, newValue);
      }
      case Reinterpret(DType dtype, PrimExpr value) -> {
        PrimExpr newValue = rewrite.apply(value);
        yield newValue == value ? expr : Reinterpret.of(dtype, newValue);
      }
      case Intrinsic intrinsic -> {
        List<PrimExpr> arguments = map(intrinsic.arguments(), rewrite);
        yield arguments == intrinsic.arguments() ? expr : new Intrinsic(intrinsic.op(), arguments);
      }
      case Read read -> {
        List<PrimExpr> indices = map(read.indices(), rewrite);
        yield indices == read.indices() ? expr : new Read(read.tensor(), indices);
      }
      case Load load -> {
        List<PrimExpr> indices = map(load.indices(), rewrite);
        yield indices == load.indices() ? expr : new Load(load.buffer(), indices);
      }
    };
  }

  /** The list with {@code rewrite} applied; the same object where that changes nothing. */
  private static List<PrimExpr> map(List<PrimExpr> list, UnaryOperator<PrimExpr> rewrite) {
    List<PrimExpr> mapped = null;
    for (int i = 0; i < list.size(); i++) {
      PrimExpr before = list.get(i);
      PrimExpr after = rewrite.apply(before);
      if (after != before && mapped == null) {
        mapped = new ArrayList<>(list);
      }
      if (mapped != null) {
        mapped.set(i, after);
      }
    }
    return mapped == null ? list : mapped;
  }

  /** Rewrites bottom-up: operands first, then {@code rewrite} on the rebuilt node. */
  public static PrimExpr rewrite(PrimExpr expr, UnaryOperator<PrimExpr> rewrite) {
    return rewrite.apply(mapChildren(expr, child -> rewrite(child, rewrite)));
  }

  /** As {@link #rewrite}; what occurs several times in {@code expr} is rewritten once. */
  public static PrimExpr rewriteShared(PrimExpr expr, UnaryOperator<PrimExpr> rewrite) {
    return rewriteShared(expr, rewrite, new IdentityHashMap<>());
  }

  private static PrimExpr rewriteShared(
      PrimExpr expr, UnaryOperator<PrimExpr> rewrite, Map<PrimExpr, PrimExpr> done) {
    PrimExpr known = done.get(expr);
    if (known == null) {
      known = rewrite.apply(mapChildren(expr, child -> rewriteShared(child, rewrite, done)));
      done.put(expr, known);
    }
    return known;
  }

  /** All different objects in {@code expr}, itself among them, each before its operands. */
  public static List<PrimExpr> parentsFirst(PrimExpr expr) {
    List<PrimExpr> operandsFirst = new ArrayList<>();
    collect(expr, operandsFirst, Collections.newSetFromMap(new IdentityHashMap<>()));
    return operandsFirst.reversed();
  }

  private static void collect(PrimExpr expr, List<PrimExpr> operandsFirst, Set<PrimExpr> seen) {
    if (seen.add(expr)) {
      for (PrimExpr child : children(expr)) {
        collect(child, operandsFirst, seen);
      }
      operandsFirst.add(expr);
    }
  }

  /** Calls {@code visitor} once with each different object in {@code expr}, parents first. */
  public static void forEachObject(PrimExpr expr, Consumer<PrimExpr> visitor) {
    forEachObject(expr, visitor, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  private static void forEachObject(PrimExpr expr, Consumer<PrimExpr> visitor, Set<PrimExpr> seen) {
    if (seen.add(expr)) {
      visitor.accept(expr);
      for (PrimExpr child : children(expr)) {
        forEachObject(child, visitor, seen);
      }
    }
  }

  /** True where {@code expr} has more than {@code most} nodes, shared ones counted each time. */
  public static boolean isLarger(PrimExpr expr, int most) {
    return left(expr, most) < 0;
  }

  /** What is left of so many nodes when those of {@code expr} are taken; below 0 for too few. */
  private static int left(PrimExpr expr, int most) {
    if (most <= 0) {
      return -1;
    }
    int left = most - 1;
    return switch (expr) {
      case IntImm _, FloatImm _, PrimVar _ -> left;
      case Binary(_, PrimExpr a, PrimExpr b) -> left(b, left(a, left));
      case Compare(_, PrimExpr a, PrimExpr b) -> left(b, left(a, left));
      case Not(PrimExpr operand) -> left(operand, left);
      case Select(PrimExpr condition, PrimExpr a, PrimExpr b) ->
          left(b, left(a, left(condition, left)));
      case Cast(_, PrimExpr value) -> left(value, left);
      case Reinterpret(_, PrimExpr value) -> left(value, left);
      case Intrinsic intrinsic -> left(intrinsic.arguments(), left);
      case Read read -> left(read.indices(), left);
      case Load load -> left(load.indices(), left);
    };
  }

  private static int left(List<PrimExpr> exprs, int most) {
    int left = most;
    for (PrimExpr expr : exprs) {
      left = left(expr, left);
    }
    return left;
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
