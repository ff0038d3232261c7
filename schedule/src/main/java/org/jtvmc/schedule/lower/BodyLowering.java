package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.Binary;
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
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;

/** Rewrites an expression over an operation's axes into one over loops and buffers. */
final class BodyLowering {
  private final Simplifier simplifier;
  private final Map<PrimVar, LinearForm> axisValues;
  private final BiFunction<Tensor, List<LinearForm>, PrimExpr> load;
  private final Map<PrimVar, LinearForm> axisForms = new IdentityHashMap<>();

  /** What was lowered before: bodies may hold one object in many places. */
  private final Map<PrimExpr, PrimExpr> values = new IdentityHashMap<>();

  private Map<PrimVar, PrimExpr> axisExprs;

  /**
   * @param load the element of a tensor at indices over loop variables
   */
  BodyLowering(
      Simplifier simplifier,
      Map<PrimVar, LinearForm> axisValues,
      BiFunction<Tensor, List<LinearForm>, PrimExpr> load) {
    this.simplifier = simplifier;
    this.axisValues = axisValues;
    this.load = load;
  }

  PrimExpr lower(PrimExpr expr) {
    return expr.dtype().equals(DType.I64) ? lowerIndex(expr) : lowerValue(expr);
  }

  private PrimExpr lowerIndex(PrimExpr expr) {
    return switch (expr) {
      case IntImm _, FloatImm _, Load _ -> expr;
      case PrimVar variable -> {
        LinearForm value = axisValues.get(variable);
        yield value == null ? expr : value.toExpr();
      }
      case Read read -> load.apply(read.tensor(), indices(read));
      case Binary _, Compare _, Not _, Select _, Cast _, Reinterpret _, Intrinsic _ ->
          index(expr).toExpr();
    };
  }

  /** As {@link #lower}, of an expression of another type than an index has. */
  private PrimExpr lowerValue(PrimExpr expr) {
    return switch (expr) {
      case IntImm _, FloatImm _, PrimVar _, Load _ -> expr;
      case Read _, Binary _ -> {
        PrimExpr known = values.get(expr);
        if (known == null) {
          known =
              expr instanceof Read read
                  ? load.apply(read.tensor(), indices(read))
                  // Both operands have its own type.
                  : PrimExprs.mapChildren(expr, this::lowerValue);
          values.put(expr, known);
        }
        yield known;
      }
      case Compare(Compare.Op op, PrimExpr left, PrimExpr right)
          when left.dtype().equals(DType.I64) ->
          simplifier.compare(op, index(left).minus(index(right)));
      case Compare _, Not _, Select _, Cast _, Reinterpret _, Intrinsic _ ->
          PrimExprs.mapChildren(expr, this::lower);
    };
  }

  /** The indices of a read, over loop variables. */
  List<LinearForm> indices(Read read) {
    List<LinearForm> indices = new ArrayList<>(read.indices().size());
    for (PrimExpr index : read.indices()) {
      indices.add(index(index));
    }
    return indices;
  }

  private LinearForm index(PrimExpr expr) {
    return switch (expr) {
      case IntImm(_, long value) -> LinearForm.constant(value);
      case PrimVar variable -> {
        LinearForm known = axisForms.get(variable);
        if (known == null) {
          known = sum(variable);
          axisForms.put(variable, known);
        }
        yield known;
      }
      case PrimExpr other -> sum(other);
    };
  }

  private LinearForm sum(PrimExpr expr) {
    LinearForm form = simplifier.linear(expr);
    LinearForm result = LinearForm.constant(form.constant());
    for (int i = 0; i < form.size(); i++) {
      LinearForm value =
          form.atom(i) instanceof PrimVar variable ? variable(variable) : opaque(form.atom(i));
      result = result.plus(value, form.coefficient(i));
    }
    return simplifier.recombine(result);
  }

  private LinearForm variable(PrimVar variable) {
    LinearForm value = axisValues.get(variable);
    return value == null ? LinearForm.atom(variable) : value;
  }

  private LinearForm opaque(PrimExpr atom) {
    if (axisExprs == null) {
      axisExprs = new HashMap<>();
      axisValues.forEach((variable, value) -> axisExprs.put(variable, value.toExpr()));
    }
    if (atom instanceof Read read) {
      return LinearForm.atom(lower(read));
    }
    return simplifier.linear(onLoops(atom));
  }

  private PrimExpr onLoops(PrimExpr expr) {
    return switch (expr) {
      case PrimVar variable -> axisExprs.getOrDefault(variable, variable);
      case Read read -> lower(read);
      case PrimExpr other -> PrimExprs.mapChildren(other, this::onLoops);
    };
  }
}
