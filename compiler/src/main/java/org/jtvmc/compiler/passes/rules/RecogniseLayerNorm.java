package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.type.DType;

/**
 * Layer normalisation (Ba et al., arXiv:1607.06450) where exporters write it out. Scale and shift
 * follow by {@link FoldScaleIntoLayerNorm}.
 *
 * <pre>{@code
 * %0 = subtract(%x, mean(%x, axes=[-1], keepdims=true));
 * %1 = mean(power(%0, 2), axes=[-1], keepdims=true);         =>   nn.layer_norm(%x, 1, 0, epsilon=e)
 * divide(%0, sqrt(add(%1, e)))
 * }</pre>
 *
 * A square may be a product, and the division a product with the reciprocal root.
 */
public final class RecogniseLayerNorm implements RewriteRule {
  private final OperatorRegistry operators;

  public RecogniseLayerNorm(OperatorRegistry operators) {
    this.operators = operators;
  }

  /** What is found of the norm on the way down; {@code from} is the first normalised axis. */
  private record Variance(Expr difference, double epsilon, int from) {}

  @Override
  public Optional<Expr> apply(Call call) {
    if (call.isCallOf("divide")) {
      return normalised(call, call.arguments().get(0), root("sqrt", call.arguments().get(1)));
    }
    if (!call.isCallOf("multiply")) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Expr factor = call.arguments().get(1 - i);
      Optional<Expr> norm = normalised(call, call.arguments().get(i), reciprocalRoot(factor));
      if (norm.isPresent()) {
        return norm;
      }
    }
    return Optional.empty();
  }

  private Optional<Expr> normalised(Call call, Expr difference, Optional<Expr> sum) {
    return sum.flatMap(RecogniseLayerNorm::variance)
        .filter(variance -> isSame(variance.difference, difference))
        .filter(_ -> difference.type().equals(call.type()))
        .flatMap(
            variance ->
                centred(difference, variance.from).map(x -> layerNorm(x, variance, call.label())));
  }

  private Expr layerNorm(Expr x, Variance variance, String label) {
    DType dtype = Operands.tensor(x).dtype();
    long axis = (long) variance.from - Operands.tensor(x).rank();
    Attributes.Builder attributes = Attributes.builder().put("epsilon", variance.epsilon);
    if (axis != -1) {
      attributes.put("axis", axis);
    }
    return Call.of(
        operators.get("nn.layer_norm"),
        List.of(x, new Constant(NDArray.scalar(dtype, 1)), new Constant(NDArray.scalar(dtype, 0))),
        attributes.build(),
        label);
  }

  private static Optional<Expr> root(String operator, Expr expr) {
    return Operands.callOf(operator, expr).map(root -> root.arguments().getFirst());
  }

  private static Optional<Expr> reciprocalRoot(Expr expr) {
    return root("rsqrt", expr)
        .or(() -> root("reciprocal", expr).flatMap(inner -> root("sqrt", inner)))
        .or(
            () ->
                Operands.callOf("divide", expr)
                    .filter(quotient -> Operands.isUniform(quotient.arguments().get(0), 1))
                    .flatMap(quotient -> root("sqrt", quotient.arguments().get(1))));
  }

  /** {@code mean(d * d) + epsilon}. */
  private static Optional<Variance> variance(Expr expr) {
    if (!(expr instanceof Call sum) || !sum.isCallOf("add")) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      OptionalDouble epsilon = Operands.uniform(sum.arguments().get(i));
      Expr mean = sum.arguments().get(1 - i);
      if (epsilon.isPresent() && isTrailingMean(mean)) {
        return square(((Call) mean).arguments().getFirst())
            .map(d -> new Variance(d, epsilon.getAsDouble(), firstAxis((Call) mean)));
      }
    }
    return Optional.empty();
  }

  private static Optional<Expr> square(Expr expr) {
    if (!(expr instanceof Call call) || call.arguments().size() != 2) {
      return Optional.empty();
    }
    Expr left = call.arguments().get(0);
    Expr right = call.arguments().get(1);
    boolean squared =
        (call.isCallOf("power") && Operands.isUniform(right, 2))
            || (call.isCallOf("multiply") && isSame(left, right));
    return squared ? Optional.of(left) : Optional.empty();
  }

  /** The {@code x} of {@code x - mean(x)}. */
  private static Optional<Expr> centred(Expr expr, int from) {
    return Operands.callOf("subtract", expr)
        .filter(
            difference ->
                isTrailingMean(difference.arguments().get(1))
                    && firstAxis((Call) difference.arguments().get(1)) == from
                    && ((Call) difference.arguments().get(1)).arguments().getFirst()
                        == difference.arguments().getFirst())
        .map(difference -> difference.arguments().getFirst());
  }

  private static boolean isTrailingMean(Expr expr) {
    if (!(expr instanceof Call mean) || !mean.isCallOf("mean")) {
      return false;
    }
    Attributes attributes = Operands.attributes(mean);
    int rank = Operands.tensor(mean.arguments().getFirst()).rank();
    return attributes.bool("keepdims") && Operands.areTrailing(attributes.integers("axes"), rank);
  }

  private static int firstAxis(Call mean) {
    int rank = Operands.tensor(mean.arguments().getFirst()).rank();
    return rank - Operands.attributes(mean).integers("axes").size();
  }

  /** Some exporters compute the difference twice. */
  private static boolean isSame(Expr left, Expr right) {
    return left == right
        || (left instanceof Call a
            && right instanceof Call b
            && a.isCallOf("subtract")
            && b.isCallOf("subtract")
            && a.arguments().equals(b.arguments()));
  }
}
