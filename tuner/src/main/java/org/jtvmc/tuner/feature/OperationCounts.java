package org.jtvmc.tuner.feature;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;

/**
 * How many operations of each kind one evaluation of some expressions performs. A product that is
 * added to something counts once, as a multiply-add.
 */
final class OperationCounts {

  /** The kinds, in the order of the features. Floating-point kinds first, then integers. */
  enum Kind {
    FLOAT_MULTIPLY_ADD,
    FLOAT_ADD,
    FLOAT_MULTIPLY,
    FLOAT_DIVIDE,
    FLOAT_COMPARE,
    FLOAT_MATH,
    FLOAT_OTHER,
    INT_MULTIPLY_ADD,
    INT_ADD,
    INT_MULTIPLY,
    INT_DIVIDE,
    INT_COMPARE,
    INT_MATH,
    INT_OTHER,
    BOOL,
    SELECT
  }

  /** Of a float kind, how far the integer kind of the same meaning is away. */
  private static final int TO_INT =
      Kind.INT_MULTIPLY_ADD.ordinal() - Kind.FLOAT_MULTIPLY_ADD.ordinal();

  private static final Kind[] KINDS = Kind.values();

  private final int[] counts = new int[KINDS.length];
  private final Consumer<PrimExpr> operands = this::count;
  private int masks;

  private final boolean conditions;

  /**
   * @param conditions whether those are counted that only say which iteration it is, as the
   *     condition of a padded element does: they cost next to nothing, for what reads past an edge
   *     is masked or skipped a vector at a time
   */
  OperationCounts(boolean conditions) {
    this.conditions = conditions;
  }

  /** Adds the operations of {@code expr}, but for those of the indices of what it reads. */
  void count(PrimExpr expr) {
    count(expr, 1, operands);
  }

  /** Adds the operations of so many evaluations of {@code expr}. */
  void count(PrimExpr expr, int times) {
    count(expr, times, times == 1 ? operands : operand -> count(operand, times));
  }

  /**
   * As {@link #count}, in a time that grows with the number of different objects.
   *
   * @param objects those of an expression, parents first
   */
  void countShared(List<PrimExpr> objects) {
    Map<PrimExpr, Integer> times = new IdentityHashMap<>(objects.size());
    times.put(objects.getFirst(), 1);
    for (PrimExpr node : objects) {
      Integer own = times.get(node);
      if (own != null) {
        count(node, own, operand -> times.merge(operand, own, Integer::sum));
      }
    }
  }

  /**
   * Adds what one node does.
   *
   * @param times how often it does it
   * @param rest is given what else there is to count
   */
  private void count(PrimExpr expr, int times, Consumer<PrimExpr> rest) {
    if (!conditions && expr instanceof Select(var condition, var inside, var outside)) {
      if (isPosition(condition)) {
        masks += times;
        rest.accept(inside);
        rest.accept(outside);
        return;
      }
    }
    switch (expr) {
      case IntImm _, FloatImm _, PrimVar _, Load _, Read _ -> {
        return;
      }
      case Reinterpret _ -> {
        // Costs nothing.
      }
      case Binary binary -> {
        if (isMultiplyAdd(binary)) {
          countMultiplyAdd(binary, times, rest);
          return;
        }
        add(kind(binary.op()), binary, times);
      }
      case Compare compare -> add(Kind.FLOAT_COMPARE, compare.left(), times);
      case Not _ -> counts[Kind.BOOL.ordinal()] += times;
      case Select _ -> counts[Kind.SELECT.ordinal()] += times;
      case Cast _ -> add(Kind.FLOAT_OTHER, expr, times);
      case Intrinsic intrinsic ->
          add(
              intrinsic.op() == IntrinsicOp.FMA ? Kind.FLOAT_MULTIPLY_ADD : Kind.FLOAT_MATH,
              intrinsic.arguments().getFirst(),
              times);
    }
    for (PrimExpr child : PrimExprs.children(expr)) {
      rest.accept(child);
    }
  }

  /** Adds what the other has counted. */
  void add(OperationCounts other) {
    for (int k = 0; k < counts.length; k++) {
      counts[k] += other.counts[k];
    }
    masks += other.masks;
  }

  /** True where nothing is read. */
  private static boolean isPosition(PrimExpr expr) {
    return switch (expr) {
      case Load _, Read _ -> false;
      case IntImm _, FloatImm _, PrimVar _ -> true;
      case Binary(_, PrimExpr left, PrimExpr right) -> isPosition(left) && isPosition(right);
      case Compare(_, PrimExpr left, PrimExpr right) -> isPosition(left) && isPosition(right);
      case Not _, Select _, Cast _, Reinterpret _, Intrinsic _ ->
          PrimExprs.children(expr).stream().allMatch(OperationCounts::isPosition);
    };
  }

  private static boolean isMultiplyAdd(Binary sum) {
    return (sum.op() == BinaryOp.ADD || sum.op() == BinaryOp.SUBTRACT)
        && (product(sum.left()) != null || product(sum.right()) != null);
  }

  private void countMultiplyAdd(Binary sum, int times, Consumer<PrimExpr> rest) {
    add(Kind.FLOAT_MULTIPLY_ADD, sum, times);
    Binary product = product(sum.right()) != null ? product(sum.right()) : product(sum.left());
    rest.accept(product.left());
    rest.accept(product.right());
    rest.accept(product == sum.right() ? sum.left() : sum.right());
  }

  private static Binary product(PrimExpr expr) {
    return expr instanceof Binary binary && binary.op() == BinaryOp.MULTIPLY ? binary : null;
  }

  private static Kind kind(BinaryOp op) {
    return switch (op) {
      case ADD, SUBTRACT -> Kind.FLOAT_ADD;
      case MULTIPLY -> Kind.FLOAT_MULTIPLY;
      case DIVIDE, REMAINDER, FLOOR_DIVIDE, FLOOR_MODULO -> Kind.FLOAT_DIVIDE;
      case MIN, MAX -> Kind.FLOAT_COMPARE;
      case AND, OR -> Kind.BOOL;
      case BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT, SHIFT_RIGHT -> Kind.FLOAT_OTHER;
    };
  }

  /** Counts {@code kind}, or its integer counterpart where {@code operand} is no float. */
  private void add(Kind kind, PrimExpr operand, int times) {
    boolean integer = kind.ordinal() < TO_INT && !operand.dtype().isFloat();
    counts[kind.ordinal() + (integer ? TO_INT : 0)] += times;
  }

  /** Choices by the iteration that were not counted. */
  int masks() {
    return masks;
  }

  int of(Kind kind) {
    return counts[kind.ordinal()];
  }

  /** Floating-point operations, a multiply-add being two. */
  double flops() {
    int total = counts[Kind.FLOAT_MULTIPLY_ADD.ordinal()];
    for (int k = 0; k < TO_INT; k++) {
      total += counts[k];
    }
    return total;
  }

  /** Arithmetic of any type, a multiply-add being two. */
  double operations() {
    int total = counts[Kind.FLOAT_MULTIPLY_ADD.ordinal()] + counts[Kind.INT_MULTIPLY_ADD.ordinal()];
    for (int count : counts) {
      total += count;
    }
    return total;
  }
}
