package org.jtvmc.compiler.passes.rules;

import java.util.Optional;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;

/**
 * Drops operations with a constant that changes nothing.
 *
 * <pre>{@code
 * add(%x, 0)        =>   %x
 * multiply(1, %x)   =>   %x
 * divide(%x, 1)     =>   %x
 * power(%x, 1)      =>   %x
 * }</pre>
 *
 * Where the constant's shape widens the result, the call stays. {@code -0 + 0} is 0 and becomes -0,
 * which no comparison can tell apart.
 */
public final class RemoveNeutralOperand implements RewriteRule {

  @Override
  public Optional<Expr> apply(Call call) {
    if (call.arguments().size() != 2) {
      return Optional.empty();
    }
    Expr left = call.arguments().get(0);
    Expr right = call.arguments().get(1);
    Expr kept =
        switch (((Operator) call.callee()).name()) {
          case "add" -> either(left, right, 0);
          case "multiply" -> either(left, right, 1);
          case "subtract" -> Operands.isUniform(right, 0) ? left : null;
          case "divide", "power" -> Operands.isUniform(right, 1) ? left : null;
          default -> null;
        };
    return Optional.ofNullable(kept).filter(expr -> expr.type().equals(call.type()));
  }

  private static Expr either(Expr left, Expr right, double neutral) {
    if (Operands.isUniform(right, neutral)) {
      return left;
    }
    return Operands.isUniform(left, neutral) ? right : null;
  }
}
