package org.jtvmc.ir.interpret;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Computes tensors of sizes element by element, where some sizes are known only at run time: each
 * element is an {@code int64} expression of numbers and sizes, or a truth value. This is how the
 * arithmetic on shapes is done that exporters write as chains of nodes.
 */
public final class SizeEvaluator {

  /** An element that cannot be told before the model runs. */
  private static final class OpenElement extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private final Simplifier simplifier = new Simplifier(new VarRanges());
  private final Map<Tensor, List<PrimExpr>> values = new HashMap<>();

  private SizeEvaluator() {}

  /**
   * The elements of an operator's result.
   *
   * @param inputs the elements of each argument, row-major
   * @param types of the arguments, all sizes known
   * @param result the type of the result, all sizes known
   * @return empty where they cannot be told
   */
  public static Optional<List<PrimExpr>> apply(
      Operator operator,
      List<List<PrimExpr>> inputs,
      List<TensorType> types,
      Attributes attributes,
      TensorType result) {
    SizeEvaluator evaluator = new SizeEvaluator();
    List<Tensor> placeholders = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      long[] shape = types.get(i).sizes().stream().mapToLong(Long::longValue).toArray();
      Tensor placeholder = Tensor.placeholder("input" + i, types.get(i).dtype(), shape);
      placeholders.add(placeholder);
      evaluator.values.put(placeholder, inputs.get(i));
    }
    try {
      Tensor output = operator.compute(placeholders, attributes, result).getFirst();
      return Optional.of(evaluator.elements(output));
    } catch (OpenElement | IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private List<PrimExpr> elements(Tensor tensor) {
    List<PrimExpr> known = values.get(tensor);
    if (known == null) {
      known =
          switch (tensor.op()) {
            case ComputeOp op -> compute(op);
            case PlaceholderOp _ -> throw new OpenElement();
          };
      values.put(tensor, known);
    }
    return known;
  }

  private List<PrimExpr> compute(ComputeOp op) {
    List<PrimExpr> elements = new ArrayList<>();
    Map<PrimVar, PrimExpr> indices = new HashMap<>();
    walk(op.axes(), 0, indices, () -> elements.add(element(op, indices)));
    return elements;
  }

  private PrimExpr element(ComputeOp op, Map<PrimVar, PrimExpr> indices) {
    if (op.reducer().isEmpty()) {
      return value(op.body(), indices);
    }
    PrimExpr[] sum = {op.reducer().get().identity(op.dtype())};
    walk(
        op.reduceAxes(),
        0,
        indices,
        () -> sum[0] = normal(op.reducer().get().combine(sum[0], value(op.body(), indices))));
    return sum[0];
  }

  private static void walk(
      List<Axis> axes, int axis, Map<PrimVar, PrimExpr> indices, Runnable visit) {
    if (axis == axes.size()) {
      visit.run();
      return;
    }
    for (long i = 0; i < axes.get(axis).size(); i++) {
      indices.put(axes.get(axis).var(), IntImm.of(i));
      walk(axes, axis + 1, indices, visit);
    }
  }

  private PrimExpr value(PrimExpr expr, Map<PrimVar, PrimExpr> indices) {
    return switch (expr) {
      case PrimVar variable when indices.containsKey(variable) -> indices.get(variable);
      case Read read -> element(read, indices);
      case Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse) -> {
        if (!(value(condition, indices) instanceof IntImm(_, long truth))) {
          throw new OpenElement();
        }
        yield value(truth != 0 ? whenTrue : whenFalse, indices);
      }
      case PrimExpr other -> normal(PrimExprs.mapChildren(other, e -> value(e, indices)));
    };
  }

  private PrimExpr element(Read read, Map<PrimVar, PrimExpr> indices) {
    long position = 0;
    for (int axis = 0; axis < read.indices().size(); axis++) {
      long size = ((IntImm) read.tensor().dim(axis)).value();
      if (!(value(read.indices().get(axis), indices) instanceof IntImm(_, long index))
          || index < 0
          || index >= size) {
        throw new OpenElement();
      }
      position = position * size + index;
    }
    PrimExpr element = elements(read.tensor()).get(Math.toIntExact(position));
    return element instanceof IntImm(_, long value) ? new IntImm(read.dtype(), value) : element;
  }

  /**
   * The expression with sizes as {@code int64}: of other types there are constants only, and a size
   * is the same in every integer type that holds it.
   */
  private PrimExpr normal(PrimExpr expr) {
    PrimExpr plain =
        switch (expr) {
          case Cast(DType to, PrimExpr size)
              when to.isInteger() && size.dtype().equals(DType.I64) && !(size instanceof IntImm) ->
              size;
          case Cast(DType to, IntImm(_, long value))
              when to.isInteger()
                  && to.bits() >= Integer.SIZE
                  && value == Math.clamp(value, 0, Integer.MAX_VALUE) ->
              new IntImm(to, value);
          case Binary(BinaryOp op, PrimExpr left, PrimExpr right)
              when op == BinaryOp.DIVIDE && isNatural(left) && isNatural(right) ->
              left.floorDiv(right);
          case PrimExpr other -> other;
        };
    PrimExpr simple = simplifier.simplify(plain);
    if (!(simple instanceof IntImm) && !simple.dtype().equals(DType.I64)) {
      throw new OpenElement();
    }
    return simple;
  }

  private boolean isNatural(PrimExpr expr) {
    return expr.dtype().equals(DType.I64) && simplifier.bounds(expr).min() >= 0;
  }
}
