package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.OperatorRegistry;

/**
 * Hard swish (Howard et al., arXiv:1905.02244) where exporters write it out, in whatever order they
 * multiply.
 *
 * <pre>{@code
 * %0 = clip(add(%x, 3), a_min=0, a_max=6);
 * divide(multiply(%x, %0), 6)                 =>   nn.hard_swish(%x)
 * }</pre>
 */
public final class RecogniseHardSwish implements RewriteRule {
  private final OperatorRegistry operators;

  public RecogniseHardSwish(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call call) {
    // x * clip(x + 3) as factors, and what they are divided by.
    List<Expr> factors = List.of();
    boolean overSix = false;
    if (call.isCallOf("divide") && Operands.isAbout(call.arguments().get(1), 6)) {
      factors = Factors.of(call.arguments().getFirst(), 1);
      overSix = true;
    } else if (call.isCallOf("multiply")) {
      factors = Factors.of(call, 2);
    }
    for (Expr x : factors) {
      long clips = factors.stream().filter(f -> isClipOfSum(f, x)).count();
      long quotients = factors.stream().filter(f -> isSixthOfClip(f, x)).count();
      long sixths = factors.stream().filter(f -> Operands.isAbout(f, 1.0 / 6)).count();
      boolean matches =
          (overSix && factors.size() == 2 && clips == 1)
              || (!overSix && factors.size() == 2 && quotients == 1)
              || (!overSix && factors.size() == 3 && clips == 1 && sixths == 1);
      if (matches && x.type().equals(call.type())) {
        return Optional.of(
            Call.of(operators.get("nn.hard_swish"), List.of(x), Attributes.NONE, call.label()));
      }
    }
    return Optional.empty();
  }

  private static boolean isSixthOfClip(Expr expr, Expr x) {
    return expr instanceof Call call
        && call.isCallOf("divide")
        && Operands.isAbout(call.arguments().get(1), 6)
        && isClipOfSum(call.arguments().getFirst(), x);
  }

  /** {@code clip(x + 3, 0, 6)}. */
  private static boolean isClipOfSum(Expr expr, Expr x) {
    if (!(expr instanceof Call clip) || !clip.isCallOf("clip")) {
      return false;
    }
    Attributes attributes = Operands.attributes(clip);
    return attributes.real("a_min") == 0
        && attributes.real("a_max") == 6
        && clip.arguments().getFirst() instanceof Call sum
        && sum.isCallOf("add")
        && ((sum.arguments().get(0) == x && Operands.isAbout(sum.arguments().get(1), 3))
            || (sum.arguments().get(1) == x && Operands.isAbout(sum.arguments().get(0), 3)));
  }
}
