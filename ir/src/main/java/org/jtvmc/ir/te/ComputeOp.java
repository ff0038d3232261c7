package org.jtvmc.ir.te;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.type.DType;

/**
 * Every element {@code [axes]} of the output is {@code body}, or, where there is a reducer, the
 * combination of {@code body} over all values of {@code reduceAxes}.
 *
 * @param axes one per output dimension, outermost first; distinct variables
 * @param reduceAxes empty exactly where {@code reducer} is
 * @param body reads other tensors by {@link Read}; its type is the output's
 */
public record ComputeOp(
    String name, List<Axis> axes, List<Axis> reduceAxes, Optional<Reducer> reducer, PrimExpr body)
    implements TensorOp {

  public ComputeOp {
    axes = List.copyOf(axes);
    reduceAxes = List.copyOf(reduceAxes);
    if (reducer.isPresent() == reduceAxes.isEmpty()) {
      throw new IllegalArgumentException(
          name + ": a reducer needs reduce axes, and reduce axes a reducer");
    }
  }

  @Override
  public DType dtype() {
    return body.dtype();
  }

  @Override
  public List<PrimExpr> shape() {
    return axes.stream().map(Axis::extent).toList();
  }

  public boolean isReduction() {
    return reducer.isPresent();
  }

  /** The tensors that the body reads, each once, in the order of first occurrence. */
  public Set<Tensor> inputs() {
    Set<Tensor> inputs = new LinkedHashSet<>();
    PrimExprs.forEach(
        body,
        node -> {
          if (node instanceof Read read) {
            inputs.add(read.tensor());
          }
        });
    return inputs;
  }

  @Override
  public String toString() {
    String indices = String.join(", ", axes.stream().map(a -> a.var().name()).toList());
    String value =
        reducer
            .map(
                r ->
                    r.name().toLowerCase(java.util.Locale.ROOT)
                        + "("
                        + body
                        + ", "
                        + reduceAxes
                        + ")")
            .orElseGet(body::toString);
    return name + "[" + indices + "] = " + value;
  }
}
