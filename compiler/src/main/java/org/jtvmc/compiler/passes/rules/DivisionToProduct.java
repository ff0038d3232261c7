package org.jtvmc.compiler.passes.rules;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.type.TensorType;

/**
 * A product for a division by a constant, in fewer cycles: the same bits where that is a power of
 * two, else within one unit in the last place. (Attention divides by the root of the head's size.)
 *
 * <pre>{@code
 * divide(%x, const(8.0, float32))   =>   multiply(%x, const(0.125, float32))
 * }</pre>
 */
public final class DivisionToProduct implements RewriteRule {

  /** Divisors between two to this power and its reciprocal have normal reciprocals in float16. */
  private static final int LARGEST_EXPONENT = 13;

  private final OperatorRegistry operators;

  public DivisionToProduct(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call call) {
    if (!call.isCallOf("divide")
        || !(call.arguments().get(1) instanceof Constant(NDArray divisor))
        || divisor.elements() != 1
        || !hasReciprocal(divisor)) {
      return Optional.empty();
    }
    TensorType type = divisor.type();
    NDArray factor = NDArray.allocate(type);
    factor.setDouble(0, 1 / divisor.getDouble(0));
    return Optional.of(
        Call.of(
            operators.get("multiply"),
            List.of(call.arguments().getFirst(), new Constant(factor)),
            Attributes.NONE,
            call.label()));
  }

  private static boolean hasReciprocal(NDArray divisor) {
    return divisor.dtype().isFloat()
        && Math.abs(Math.getExponent(divisor.getDouble(0))) <= LARGEST_EXPONENT;
  }
}
