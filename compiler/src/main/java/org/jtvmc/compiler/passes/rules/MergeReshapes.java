package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import org.jtvmc.compiler.passes.Views;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.OperatorRegistry;

/**
 * One reshape for two changes of shape in a row.
 *
 * <pre>{@code
 * reshape(squeeze(%x: Tensor[(1, 6), float32]), newshape=[2, 3])   =>   reshape(%x, newshape=[2, 3])
 * }</pre>
 */
public final class MergeReshapes implements RewriteRule {
  private final OperatorRegistry operators;

  public MergeReshapes(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call outer) {
    if (Views.isView(outer)
        && outer.arguments().getFirst() instanceof Call inner
        && inner.callee() instanceof Operator
        && Views.isView(inner)
        && Operands.tensor(outer).isStatic()) {
      List<Long> sizes = Operands.tensor(outer).sizes();
      Attributes.Builder attributes = Attributes.builder().put("newshape", sizes);
      if (sizes.contains(0L)) {
        attributes.put("allow_zero", true);
      }
      return Optional.of(
          Call.of(operators.get("reshape"), inner.arguments(), attributes.build(), outer.label()));
    }
    return Optional.empty();
  }
}
