package org.jtvmc.ir.arith;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.type.DType;

/**
 * Simplifies index arithmetic, given the ranges of variables. Only {@code int64} expressions and
 * conditions on them change; arithmetic on other types keeps its roundings and its overflow. A
 * division is taken apart only where its dividend has bounds: contents of tensors may overflow.
 */
public final class Simplifier {
  private final VarRanges ranges;
  private final DivMod divMod = new DivMod(this);

  public Simplifier(VarRanges ranges) {
    this.ranges = ranges;
  }

  /** Learns that {@code variable} is at least 0 and below {@code extent}. */
  public void below(PrimVar variable, PrimExpr extent) {
    if (extent instanceof IntImm number) {
      ranges.with(variable, number.value());
    } else {
      Interval bounds = bounds(extent);
      long most = bounds.max() == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(0, bounds.max() - 1);
      ranges.withOpen(variable, linear(extent), new Interval(0, most));
    }
  }

  /** True where how far the expression ranges is known only at run time. */
  public boolean isOpen(PrimExpr expr) {
    return switch (expr) {
      case PrimVar variable -> variable.symbol().isPresent() || ranges.openExtent(variable) != null;
      case Binary(BinaryOp op, _, IntImm _) when op == BinaryOp.FLOOR_MODULO -> false;
      case PrimExpr other -> PrimExprs.children(other).stream().anyMatch(this::isOpen);
    };
  }

  /** The same value in simplest known form; the same object where nothing changes. */
  public PrimExpr simplify(PrimExpr expr) {
    if (expr.dtype().equals(DType.I64)) {
      return switch (expr) {
        case IntImm _, PrimVar _ -> expr;
        case Read _, Load _ -> PrimExprs.mapChildren(expr, this::simplify);
        case Binary _, Select _, Cast _, Reinterpret _, Intrinsic _ -> linear(expr).toExpr();
        case FloatImm _, Compare _, Not _ ->
            throw new IllegalStateException("not an integer: " + expr);
      };
    }
    return switch (expr) {
      case Compare compare when compare.left().dtype().equals(DType.I64) ->
          compare(compare.op(), linear(compare.left()).minus(linear(compare.right())));
      case Select select -> {
        PrimExpr condition = simplify(select.condition());
        if (condition instanceof IntImm imm) {
          yield simplify(imm.value() != 0 ? select.whenTrue() : select.whenFalse());
        }
        PrimExpr whenTrue = simplify(select.whenTrue());
        PrimExpr whenFalse = simplify(select.whenFalse());
        yield condition == select.condition()
                && whenTrue == select.whenTrue()
                && whenFalse == select.whenFalse()
            ? select
            : new Select(condition, whenTrue, whenFalse);
      }
      case IntImm _,
          FloatImm _,
          PrimVar _,
          Binary _,
          Compare _,
          Not _,
          Cast _,
          Reinterpret _,
          Intrinsic _,
          Read _,
          Load _ ->
          PrimExprs.mapChildren(expr, this::simplify);
    };
  }

  /** As {@link #simplify}; what occurs several times in a value is simplified once. */
  public PrimExpr simplifyShared(PrimExpr expr) {
    return shared(expr, new IdentityHashMap<>());
  }

  private PrimExpr shared(PrimExpr expr, Map<PrimExpr, PrimExpr> done) {
    PrimExpr known = done.get(expr);
    if (known == null) {
      known =
          switch (expr) {
            case Binary binary when !binary.dtype().equals(DType.I64) ->
                PrimExprs.mapChildren(binary, child -> shared(child, done));
            case Select select when !select.dtype().equals(DType.I64) -> {
              PrimExpr condition = simplify(select.condition());
              if (condition instanceof IntImm imm) {
                yield shared(imm.value() != 0 ? select.whenTrue() : select.whenFalse(), done);
              }
              PrimExpr whenTrue = shared(select.whenTrue(), done);
              PrimExpr whenFalse = shared(select.whenFalse(), done);
              yield condition == select.condition()
                      && whenTrue == select.whenTrue()
                      && whenFalse == select.whenFalse()
                  ? select
                  : new Select(condition, whenTrue, whenFalse);
            }
            case PrimExpr other -> simplify(other);
          };
      done.put(expr, known);
    }
    return known;
  }

  /** The canonical form of an {@code int64} expression. */
  public LinearForm linear(PrimExpr expr) {
    return switch (expr) {
      case IntImm imm -> LinearForm.constant(imm.value());
      case PrimVar variable -> {
        Interval range = ranges.of(variable);
        yield range.min() == range.max()
            ? LinearForm.constant(range.min())
            : LinearForm.atom(variable);
      }
      case Binary binary -> binary(binary);
      case Select select -> {
        PrimExpr condition = simplify(select.condition());
        if (condition instanceof IntImm imm) {
          yield linear(imm.value() != 0 ? select.whenTrue() : select.whenFalse());
        }
        yield LinearForm.atom(
            new Select(condition, simplify(select.whenTrue()), simplify(select.whenFalse())));
      }
      case Cast _, Reinterpret _, Intrinsic _, Read _, Load _ ->
          LinearForm.atom(PrimExprs.mapChildren(expr, this::simplify));
      case FloatImm _, Compare _, Not _ ->
          throw new IllegalArgumentException("not an integer expression: " + expr);
    };
  }

  /** {@code form // divisor} for a positive divisor. */
  public LinearForm divide(LinearForm form, long divisor) {
    return divMod.divide(form, divisor);
  }

  /** {@code form % divisor} for a positive divisor. */
  public LinearForm modulo(LinearForm form, long divisor) {
    return divMod.modulo(form, divisor);
  }

  /** The form with the digits of one number joined, as {@code x // 8 * 8 + x % 8} to {@code x}. */
  public LinearForm recombine(LinearForm form) {
    return divMod.recombine(form);
  }

  private LinearForm binary(Binary expr) {
    LinearForm left = linear(expr.left());
    LinearForm right = linear(expr.right());
    return switch (expr.op()) {
      case ADD -> divMod.recombine(left.plus(right));
      case SUBTRACT -> divMod.recombine(left.minus(right));
      case MULTIPLY -> {
        if (right.isConstant()) {
          yield left.times(right.constant());
        }
        yield left.isConstant() ? right.times(left.constant()) : opaque(expr.op(), left, right);
      }
      case FLOOR_DIVIDE ->
          isPositive(right) && bounds(left).isFinite()
              ? divMod.divide(left, right.constant())
              : opaque(expr.op(), left, right);
      case FLOOR_MODULO ->
          isPositive(right) && bounds(left).isFinite()
              ? divMod.modulo(left, right.constant())
              : opaque(expr.op(), left, right);
      case DIVIDE ->
          isPositive(right) && isNatural(left)
              ? divMod.divide(left, right.constant())
              : opaque(expr.op(), left, right);
      case REMAINDER ->
          isPositive(right) && isNatural(left)
              ? divMod.modulo(left, right.constant())
              : opaque(expr.op(), left, right);
      case MIN -> {
        Interval difference = bounds(left.minus(right));
        yield difference.max() <= 0
            ? left
            : difference.min() >= 0 ? right : opaque(expr.op(), left, right);
      }
      case MAX -> {
        Interval difference = bounds(left.minus(right));
        yield difference.min() >= 0
            ? left
            : difference.max() <= 0 ? right : opaque(expr.op(), left, right);
      }
      case AND, OR, BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT, SHIFT_RIGHT ->
          opaque(expr.op(), left, right);
    };
  }

  /** Never negative, and so small that its multiples can be taken apart without overflow. */
  private boolean isNatural(LinearForm form) {
    Interval range = bounds(form);
    return range.isFinite() && range.min() >= 0;
  }

  private static boolean isPositive(LinearForm form) {
    return form.isConstant() && form.constant() > 0;
  }

  private static LinearForm opaque(BinaryOp op, LinearForm left, LinearForm right) {
    PrimExpr expr = Binary.of(op, left.toExpr(), right.toExpr());
    return expr instanceof IntImm imm ? LinearForm.constant(imm.value()) : LinearForm.atom(expr);
  }

  /** The condition {@code difference op 0}, decided where the ranges allow. */
  public PrimExpr compare(Compare.Op op, LinearForm difference) {
    return switch (op) {
      case LESS -> atLeastZero(difference.times(-1).plus(-1));
      case LESS_EQUAL -> atLeastZero(difference.times(-1));
      case GREATER -> atLeastZero(difference.plus(-1));
      case GREATER_EQUAL -> atLeastZero(difference);
      case EQUAL -> isZero(difference);
      case NOT_EQUAL -> {
        PrimExpr equal = isZero(difference);
        yield equal instanceof Compare(_, PrimExpr left, PrimExpr right)
            ? new Compare(Compare.Op.NOT_EQUAL, left, right)
            : Not.of(equal);
      }
    };
  }

  private PrimExpr atLeastZero(LinearForm form) {
    Interval range = bounds(form);
    if (range.min() >= 0) {
      return IntImm.TRUE;
    }
    if (range.max() < 0) {
      return IntImm.FALSE;
    }
    if (holdsBelowExtents(form)) {
      return IntImm.TRUE;
    }
    LinearForm reduced = range.isFinite() ? divMod.dropSmallTerms(form) : form;
    LinearForm positive = reduced.positiveTerms();
    LinearForm negative = positive.minus(reduced).plus(reduced.constant());
    if (negative.isConstant()) {
      return new Compare(
          Compare.Op.GREATER_EQUAL, positive.toExpr(), IntImm.of(-reduced.constant()));
    }
    return new Compare(
        Compare.Op.LESS, negative.toExpr(), positive.plus(reduced.constant() + 1).toExpr());
  }

  /** Whether {@code form >= 0} follows from a variable being below its extent. */
  private boolean holdsBelowExtents(LinearForm form) {
    for (int i = 0; i < form.size(); i++) {
      LinearForm extent =
          form.atom(i) instanceof PrimVar variable && form.coefficient(i) < 0
              ? ranges.openExtent(variable)
              : null;
      if (extent != null) {
        LinearForm room = extent.plus(-1).minus(LinearForm.atom(form.atom(i)));
        if (bounds(form.plus(room, form.coefficient(i))).min() >= 0) {
          return true;
        }
      }
    }
    return false;
  }

  private PrimExpr isZero(LinearForm form) {
    Interval range = bounds(form);
    if (!range.contains(0)) {
      return IntImm.FALSE;
    }
    if (form.isConstant()) {
      return IntImm.of(form.constant() == 0);
    }
    LinearForm positive = form.positiveTerms();
    LinearForm negative = positive.minus(form).plus(form.constant());
    return negative.isConstant()
        ? new Compare(Compare.Op.EQUAL, positive.toExpr(), IntImm.of(-form.constant()))
        : new Compare(Compare.Op.EQUAL, negative.toExpr(), positive.plus(form.constant()).toExpr());
  }

  /** Whether a condition holds for all values of its variables, or for none; else empty. */
  public Optional<Boolean> prove(PrimExpr condition) {
    return simplify(condition) instanceof IntImm imm
        ? Optional.of(imm.value() != 0)
        : Optional.empty();
  }

  /** An interval with all values of an {@code int64} expression. */
  public Interval bounds(PrimExpr expr) {
    return bounds(linear(expr));
  }

  /** An interval with all values of a form. */
  public Interval bounds(LinearForm form) {
    Interval sum = Interval.point(form.constant());
    for (int i = 0; i < form.size(); i++) {
      sum = sum.plus(boundsOfAtom(form.atom(i)).times(form.coefficient(i)));
    }
    return sum;
  }

  /** Never negative, and bounded; division by one that is 0 is never carried out. */
  private boolean isSize(PrimExpr expr) {
    Interval range = bounds(expr);
    return range.min() >= 0 && range.max() > 0 && range.isFinite();
  }

  private Interval boundsOfAtom(PrimExpr atom) {
    return switch (atom) {
      case PrimVar variable -> ranges.of(variable);
      case Binary(BinaryOp op, PrimExpr left, IntImm right)
          when op == BinaryOp.FLOOR_DIVIDE && right.value() > 0 ->
          bounds(left).floorDiv(right.value());
      case Binary(BinaryOp op, _, IntImm right)
          when op == BinaryOp.FLOOR_MODULO && right.value() > 0 ->
          Interval.below(right.value());
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right)
          when op == BinaryOp.FLOOR_DIVIDE && isSize(right) ->
          bounds(left).min() >= 0 ? new Interval(0, bounds(left).max()) : Interval.EVERYTHING;
      case Binary(BinaryOp op, _, PrimExpr right)
          when op == BinaryOp.FLOOR_MODULO && isSize(right) ->
          Interval.below(bounds(right).max());
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) when op == BinaryOp.MIN ->
          bounds(left).min(bounds(right));
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) when op == BinaryOp.MAX ->
          bounds(left).max(bounds(right));
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) when op == BinaryOp.MULTIPLY ->
          bounds(left).times(bounds(right));
      case Select(_, PrimExpr whenTrue, PrimExpr whenFalse) ->
          bounds(whenTrue).union(bounds(whenFalse));
      case IntImm _,
          FloatImm _,
          Binary _,
          Compare _,
          Not _,
          Cast _,
          Reinterpret _,
          Intrinsic _,
          Read _,
          Load _ ->
          Interval.EVERYTHING;
    };
  }
}
