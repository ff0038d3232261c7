package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.OperatorRegistry;

/**
 * Products and roots for powers with a constant exponent.
 *
 * <pre>{@code
 * power(%x, const(2.0, float32))   =>   multiply(%x, %x)
 * power(%x, const(0.5, float32))   =>   sqrt(%x)
 * }</pre>
 */
public final class PowerToProduct implements RewriteRule {
  private final OperatorRegistry operators;

  public PowerToProduct(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call call) {
    if (!call.isCallOf("power") || !call.arguments().getFirst().type().equals(call.type())) {
      return Optional.empty();
    }
    Expr base = call.arguments().get(0);
    Expr exponent = call.arguments().get(1);
    if (Operands.isUniform(exponent, 2)) {
      return Optional.of(
          Call.of(operators.get("multiply"), List.of(base, base), Attributes.NONE, call.label()));
    }
    boolean root = Operands.isUniform(exponent, 0.5) && Operands.tensor(base).dtype().isFloat();
    return root
        ? Optional.of(Call.of(operators.get("sqrt"), List.of(base), Attributes.NONE, call.label()))
        : Optional.empty();
  }
}
