package org.jtvmc.ir.interpret;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.HostOperator;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * Computes tensors from their expressions, each stage whole and in the plain order: the reference
 * for schedules and kernels, and what folds constants.
 *
 * <p>Every operation is rounded to its type. Sums are in the order of the axes, so that results may
 * differ from a kernel's in the last places. A read outside its tensor is an error.
 */
public final class TensorEvaluator {
  private final Map<Tensor, NDArray> values;

  private TensorEvaluator(Map<Tensor, NDArray> inputs) {
    this.values = new HashMap<>(inputs);
  }

  /**
   * The contents of {@code outputs}.
   *
   * @param inputs the contents of every placeholder that they depend on
   * @throws IllegalArgumentException where a placeholder has no contents or they do not fit
   * @throws IndexOutOfBoundsException where an expression reads outside a tensor
   */
  public static List<NDArray> evaluate(List<Tensor> outputs, Map<Tensor, NDArray> inputs) {
    TensorEvaluator evaluator = new TensorEvaluator(inputs);
    return outputs.stream().map(evaluator::value).toList();
  }

  /**
   * The results of an operator, one array for each field where it is a tuple.
   *
   * @param inputs tuples taken apart
   * @param result what the type rule gives
   */
  public static List<NDArray> apply(
      Operator operator, List<NDArray> inputs, Attributes attributes, Type result) {
    if (operator instanceof HostOperator host) {
      return host.evaluate(inputs, attributes, result);
    }
    if (result instanceof TensorType type && type.dtype().isString()) {
      // What is no operator on texts gives them another shape at most.
      return List.of(inputs.getFirst().reshape(type));
    }
    List<Tensor> placeholders = new ArrayList<>(inputs.size());
    Map<Tensor, NDArray> values = new HashMap<>();
    for (NDArray input : inputs) {
      List<PrimExpr> shape = input.type().sizes().stream().<PrimExpr>map(IntImm::of).toList();
      Tensor placeholder =
          Tensor.placeholder("input" + placeholders.size(), input.dtype(), true, shape);
      placeholders.add(placeholder);
      values.put(placeholder, input);
    }
    return evaluate(operator.compute(placeholders, attributes, result), values);
  }

  /** Computes what {@code wanted} depends on first; iterative, for chains may be long. */
  private NDArray value(Tensor wanted) {
    Deque<Tensor> pending = new ArrayDeque<>(List.of(wanted));
    while (!pending.isEmpty()) {
      Tensor tensor = pending.peek();
      if (values.containsKey(tensor)) {
        pending.pop();
        continue;
      }
      switch (tensor.op()) {
        case PlaceholderOp placeholder ->
            throw new IllegalArgumentException(
                "placeholder '%s' has no contents".formatted(placeholder.name()));
        case ComputeOp compute -> {
          List<Tensor> missing =
              compute.inputs().stream().filter(input -> !values.containsKey(input)).toList();
          if (missing.isEmpty()) {
            values.put(tensor, compute(compute));
            pending.pop();
          } else {
            missing.forEach(pending::push);
          }
        }
      }
    }
    return values.get(wanted);
  }

  private NDArray compute(ComputeOp op) {
    long[] shape = op.axes().stream().mapToLong(axis -> axis.size()).toArray();
    NDArray result = NDArray.allocate(TensorType.of(op.dtype(), shape));
    new StageLoop(op, values).fill(result);
    return result;
  }
}
