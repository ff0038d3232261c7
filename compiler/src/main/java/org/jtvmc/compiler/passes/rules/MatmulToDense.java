package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.OperatorRegistry;

/**
 * A product with a constant matrix is a dense layer, whatever the rank of the other side.
 *
 * <pre>{@code
 * nn.matmul(%x, const["w"])   =>   nn.dense(%x, const["w"], transpose_weight=false)
 * }</pre>
 */
public final class MatmulToDense implements RewriteRule {
  private final OperatorRegistry operators;

  public MatmulToDense(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call call) {
    if (!call.isCallOf("nn.matmul")) {
      return Optional.empty();
    }
    Attributes attributes = Operands.attributes(call);
    Expr data = call.arguments().get(0);
    Expr weight = call.arguments().get(1);
    if (!(weight instanceof Constant)
        || Operands.tensor(weight).rank() != 2
        || attributes.bool("transpose_a")) {
      return Optional.empty();
    }
    Attributes.Builder dense = Attributes.builder();
    if (!attributes.bool("transpose_b")) {
      dense.put("transpose_weight", false);
    }
    if (call.attributes().has("out_dtype")) {
      dense.put("out_dtype", call.attributes().values().get("out_dtype"));
    }
    return Optional.of(
        Call.of(operators.get("nn.dense"), List.of(data, weight), dense.build(), call.label()));
  }
}
