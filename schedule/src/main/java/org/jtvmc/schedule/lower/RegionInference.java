package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jtvmc.ir.arith.Interval;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;

/**
 * Finds the box of a tensor that contains everything read of it while some loops stand still and
 * all others run. Where no tight bound is known, the whole axis is taken.
 */
final class RegionInference {
  private final Simplifier simplifier;
  private final Set<PrimVar> fixed;

  /**
   * @param fixed the variables of the loops that stand still
   */
  RegionInference(Simplifier simplifier, Set<PrimVar> fixed) {
    this.simplifier = simplifier;
    this.fixed = fixed;
  }

  /** The values from {@code min} to {@code min + size - 1}. */
  private record Span(LinearForm min, long size) {}

  /**
   * The union of accesses.
   *
   * @param accesses the indices of each, one form per axis of the tensor
   * @param shape the tensor's
   * @param padded true where the region may go beyond the tensor
   */
  Region union(List<List<LinearForm>> accesses, List<PrimExpr> shape, boolean padded) {
    List<LinearForm> mins = new ArrayList<>(shape.size());
    List<PrimExpr> extents = new ArrayList<>(shape.size());
    for (int axis = 0; axis < shape.size(); axis++) {
      Span span = null;
      for (List<LinearForm> access : accesses) {
        Span next = relax(access.get(axis));
        span = span == null || next == null ? next : union(span, next);
        if (span == null) {
          break;
        }
      }
      if (shape.get(axis) instanceof IntImm extent && (span == null || !padded)) {
        span = clip(span, extent.value());
      }
      mins.add(span == null ? LinearForm.ZERO : span.min);
      extents.add(span == null ? shape.get(axis) : IntImm.of(span.size));
    }
    return new Region(mins, extents);
  }

  private static Span clip(Span span, long extent) {
    if (span == null || span.size >= extent) {
      return new Span(LinearForm.ZERO, extent);
    }
    if (!span.min.isConstant()) {
      return span;
    }
    long first = Math.clamp(span.min.constant(), 0, extent - 1);
    long last = Math.clamp(span.min.constant() + span.size - 1, first, extent - 1);
    return new Span(LinearForm.constant(first), last - first + 1);
  }

  private static Span union(Span a, Span b) {
    if (!a.min.sameTerms(b.min)) {
      return null;
    }
    long first = Math.min(a.min.constant(), b.min.constant());
    long last = Math.max(a.min.constant() + a.size, b.min.constant() + b.size);
    return new Span(a.min.plus(first - a.min.constant()), last - first);
  }

  /** The span of a form; null where it has no bounds. */
  private Span relax(LinearForm form) {
    LinearForm min = LinearForm.constant(form.constant());
    long size = 1;
    for (int i = 0; i < form.size(); i++) {
      long coefficient = form.coefficient(i);
      Span span = relaxAtom(form.atom(i));
      if (span == null) {
        return null;
      }
      long width = Math.multiplyExact(span.size - 1, Math.abs(coefficient));
      min = min.plus(span.min, coefficient);
      if (coefficient < 0) {
        min = min.plus(-width);
      }
      size = Math.addExact(size, width);
    }
    return new Span(min, size);
  }

  private Span relaxAtom(PrimExpr atom) {
    if (atom instanceof PrimVar variable) {
      return isFixed(variable) ? new Span(LinearForm.atom(atom), 1) : constant(atom);
    }
    return switch (dependence(atom)) {
      case FIXED -> new Span(LinearForm.atom(atom), 1);
      case UNKNOWN -> null;
      case RUNNING -> constant(atom);
      case MIXED -> {
        if (atom instanceof Binary(BinaryOp op, PrimExpr dividend, IntImm divisor)
            && op == BinaryOp.FLOOR_DIVIDE
            && divisor.value() > 0) {
          Span inner = relax(simplifier.linear(dividend));
          if (inner == null) {
            yield null;
          }
          long width = Math.ceilDiv(inner.size - 1, divisor.value());
          yield new Span(simplifier.divide(inner.min, divisor.value()), width + 1);
        }
        Span clamped = atom instanceof Binary binary ? relaxClamp(binary) : null;
        yield clamped != null ? clamped : constant(atom);
      }
    };
  }

  /**
   * A minimum or maximum with a number: it grows with the other operand, and no faster, so that its
   * values span no more.
   */
  private Span relaxClamp(Binary clamp) {
    boolean isClamp = clamp.op() == BinaryOp.MIN || clamp.op() == BinaryOp.MAX;
    if (!isClamp || !(clamp.right() instanceof IntImm)) {
      return null;
    }
    Span inner = relax(simplifier.linear(clamp.left()));
    return inner == null
        ? null
        : new Span(
            simplifier.linear(Binary.of(clamp.op(), inner.min.toExpr(), clamp.right())),
            inner.size);
  }

  private Span constant(PrimExpr atom) {
    if (simplifier.isOpen(atom)) {
      return null;
    }
    Interval range = simplifier.bounds(LinearForm.atom(atom));
    return range.isFinite() ? new Span(LinearForm.constant(range.min()), range.size()) : null;
  }

  private boolean isFixed(PrimVar variable) {
    return fixed.contains(variable) || variable.symbol().isPresent();
  }

  /** Which loops an expression depends on. */
  private enum Dependence {
    FIXED,
    RUNNING,
    MIXED,
    /** On the contents of a tensor. */
    UNKNOWN
  }

  private Dependence dependence(PrimExpr expr) {
    if (expr instanceof Read || expr instanceof Load) {
      return Dependence.UNKNOWN;
    }
    if (expr instanceof PrimVar variable) {
      return isFixed(variable) ? Dependence.FIXED : Dependence.RUNNING;
    }
    Dependence all = null;
    for (PrimExpr child : PrimExprs.children(expr)) {
      if (child instanceof IntImm) {
        continue;
      }
      Dependence one = dependence(child);
      if (one == Dependence.UNKNOWN) {
        return one;
      }
      all = all == null || all == one ? one : Dependence.MIXED;
    }
    return all == null ? Dependence.FIXED : all;
  }
}
