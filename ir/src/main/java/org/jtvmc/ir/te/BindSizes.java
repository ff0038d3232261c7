package org.jtvmc.ir.te;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.type.Dim;

/** Puts numbers in the place of sizes that are known only at run time. */
public final class BindSizes {
  private final ToLongFunction<Dim.Symbol> sizes;
  private final Map<Tensor, Tensor> bound = new HashMap<>();

  /**
   * @param sizes the number for every symbol
   */
  public BindSizes(ToLongFunction<Dim.Symbol> sizes) {
    this.sizes = sizes;
  }

  /** The tensor with numbers for its sizes and those of all that it is computed from. */
  public Tensor apply(Tensor wanted) {
    Deque<Tensor> pending = new ArrayDeque<>(List.of(wanted));
    while (!pending.isEmpty()) {
      Tensor tensor = pending.peek();
      List<Tensor> missing =
          tensor.op() instanceof ComputeOp op
              ? op.inputs().stream().filter(input -> !bound.containsKey(input)).toList()
              : List.of();
      if (missing.isEmpty()) {
        pending.pop();
        if (!bound.containsKey(tensor)) {
          bound.put(tensor, rebuild(tensor));
        }
      } else {
        missing.forEach(pending::push);
      }
    }
    return bound.get(wanted);
  }

  private Tensor rebuild(Tensor tensor) {
    return switch (tensor.op()) {
      case PlaceholderOp input ->
          Tensor.placeholder(
              input.name(),
              input.dtype(),
              input.constant(),
              input.shape().stream().map(this::apply).toList());
      case ComputeOp op ->
          Tensor.of(
              new ComputeOp(
                  op.name(),
                  axes(op.axes()),
                  axes(op.reduceAxes()),
                  op.reducer(),
                  apply(op.body())));
    };
  }

  private List<Axis> axes(List<Axis> axes) {
    return axes.stream().map(axis -> new Axis(axis.var(), apply(axis.extent()))).toList();
  }

  private PrimExpr apply(PrimExpr expr) {
    return PrimExprs.rewrite(
        expr,
        node ->
            switch (node) {
              case PrimVar variable when variable.symbol().isPresent() ->
                  IntImm.of(sizes.applyAsLong(variable.symbol().get()));
              case Read read -> new Read(bound.get(read.tensor()), read.indices());
              case PrimExpr other -> other;
            });
  }
}
