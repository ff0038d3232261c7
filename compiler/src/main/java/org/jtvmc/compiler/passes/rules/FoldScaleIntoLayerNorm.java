package org.jtvmc.compiler.passes.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.TensorType;

/**
 * A constant scale, and then a constant shift, behind a layer norm that has none.
 *
 * <pre>{@code
 * add(multiply(nn.layer_norm(%x, 1, 0), const["g"]), const["b"])
 *   =>   nn.layer_norm(%x, const["g"], const["b"])
 * }</pre>
 */
public final class FoldScaleIntoLayerNorm implements RewriteRule {

  private static final int GAMMA = 1;
  private static final int BETA = 2;

  @Override
  public Optional<Expr> apply(Call call) {
    boolean scale = call.isCallOf("multiply");
    if (!scale && !call.isCallOf("add")) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Expr constant = call.arguments().get(1 - i);
      Call norm = Operands.callOf("nn.layer_norm", call.arguments().get(i)).orElse(null);
      if (norm != null
          && constant instanceof Constant
          && norm.type().equals(call.type())
          && isWithinNorm(constant, norm)
          && Operands.isUniform(norm.arguments().get(BETA), 0)
          && (!scale || Operands.isUniform(norm.arguments().get(GAMMA), 1))) {
        List<Expr> arguments = new ArrayList<>(norm.arguments());
        arguments.set(scale ? GAMMA : BETA, constant);
        return Optional.of(norm.withArguments(arguments));
      }
    }
    return Optional.empty();
  }

  /** A parameter of the norm varies along the normalised dimensions only. */
  private static boolean isWithinNorm(Expr constant, Call norm) {
    TensorType type = Operands.tensor(norm);
    int axis = Operands.axis(Operands.attributes(norm).integer("axis"), type.rank());
    return Operands.tensor(constant).rank() <= type.rank() - axis;
  }
}
