package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * A transpose that moves only dimensions of size 1 leaves the bytes where they are.
 *
 * <pre>{@code
 * transpose(%x: Tensor[(8, 1, 5), float32], axes=[1, 0, 2])   =>   reshape(%x, newshape=[1, 8, 5])
 * }</pre>
 */
public final class TransposeToReshape implements RewriteRule {
  private final OperatorRegistry operators;

  public TransposeToReshape(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call call) {
    if (!call.isCallOf("transpose") || !Operands.tensor(call).isStatic()) {
      return Optional.empty();
    }
    TensorType data = Operands.tensor(call.arguments().getFirst());
    List<Integer> moved =
        Transposes.axes(call).stream().filter(axis -> !data.dim(axis).equals(Dim.of(1))).toList();
    boolean inOrder = moved.equals(moved.stream().sorted().toList());
    return inOrder && data.elements() > 0
        ? Optional.of(
            Call.of(
                operators.get("reshape"),
                call.arguments(),
                Attributes.builder().put("newshape", Operands.tensor(call).sizes()).build(),
                call.label()))
        : Optional.empty();
  }
}
