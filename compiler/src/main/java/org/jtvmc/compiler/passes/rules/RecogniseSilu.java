package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.OperatorRegistry;

/**
 * Products of a value with a sigmoid of it.
 *
 * <pre>{@code
 * multiply(%x, sigmoid(%x))                                  =>   nn.silu(%x)
 * multiply(%x, nn.hard_sigmoid(%x, alpha=1/6, beta=0.5))     =>   nn.hard_swish(%x)
 * }</pre>
 */
public final class RecogniseSilu implements RewriteRule {
  private final OperatorRegistry operators;

  public RecogniseSilu(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call call) {
    if (!call.isCallOf("multiply")) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Expr x = call.arguments().get(i);
      if (call.arguments().get(1 - i) instanceof Call gate && gate.arguments().contains(x)) {
        if (gate.isCallOf("sigmoid")) {
          return Optional.of(replace("nn.silu", x, call));
        }
        if (isHardSigmoid(gate)) {
          return Optional.of(replace("nn.hard_swish", x, call));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isHardSigmoid(Call gate) {
    if (!gate.isCallOf("nn.hard_sigmoid")) {
      return false;
    }
    Attributes attributes = Operands.attributes(gate);
    return Math.abs(attributes.real("alpha") - 1.0 / 6) < 1e-7 && attributes.real("beta") == 0.5;
  }

  private Expr replace(String operator, Expr x, Call call) {
    return Call.of(operators.get(operator), List.of(x), Attributes.NONE, call.label());
  }
}
