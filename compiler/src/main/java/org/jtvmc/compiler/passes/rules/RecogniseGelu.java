package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.OperatorRegistry;

/**
 * GELU (Hendrycks and Gimpel, arXiv:1606.08415) where exporters write it out, in whatever order
 * they multiply.
 *
 * <pre>{@code
 * %0 = divide(%x, 1.41421354);
 * %1 = add(erf(%0), 1);                =>   nn.gelu(%x)
 * multiply(multiply(%x, %1), 0.5)
 * }</pre>
 */
public final class RecogniseGelu implements RewriteRule {
  private final OperatorRegistry operators;

  public RecogniseGelu(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call call) {
    if (!call.isCallOf("multiply")) {
      return Optional.empty();
    }
    List<Expr> factors = Factors.of(call, 2);
    if (factors.size() != 3) {
      return Optional.empty();
    }
    for (Expr x : factors) {
      long halves = factors.stream().filter(f -> Operands.isAbout(f, 0.5)).count();
      long ones = factors.stream().filter(f -> isOnePlusErf(f, x)).count();
      if (halves == 1 && ones == 1 && x.type().equals(call.type())) {
        return Optional.of(
            Call.of(operators.get("nn.gelu"), List.of(x), Attributes.NONE, call.label()));
      }
    }
    return Optional.empty();
  }

  /** {@code 1 + erf(x / sqrt(2))}. */
  private static boolean isOnePlusErf(Expr expr, Expr x) {
    if (!(expr instanceof Call sum) || !sum.isCallOf("add")) {
      return false;
    }
    for (int i = 0; i < 2; i++) {
      if (Operands.isAbout(sum.arguments().get(i), 1)
          && Operands.callOf("erf", sum.arguments().get(1 - i))
              .map(erf -> isOverRootTwo(erf.arguments().getFirst(), x))
              .orElse(false)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOverRootTwo(Expr expr, Expr x) {
    if (!(expr instanceof Call call) || call.arguments().size() != 2) {
      return false;
    }
    Expr left = call.arguments().get(0);
    Expr right = call.arguments().get(1);
    if (call.isCallOf("divide")) {
      return left == x && Operands.isAbout(right, Math.sqrt(2));
    }
    double factor = Math.sqrt(0.5);
    return call.isCallOf("multiply")
        && ((left == x && Operands.isAbout(right, factor))
            || (right == x && Operands.isAbout(left, factor)));
  }
}
