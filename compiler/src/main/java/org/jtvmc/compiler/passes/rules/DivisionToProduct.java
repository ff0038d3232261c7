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
 * A product for a division by a constant power of two: the same bits, in fewer cycles. (Attention
 * divides by the root of the head's size, which is 8 for heads of 64.)
 *
 * <pre>{@code
 * divide(%x, const(8.0, float32))   =>   multiply(%x, const(0.125, float32))
 * }</pre>
 */
public final class DivisionToProduct implements RewriteRule {

  /** Powers of two up to here have reciprocals that are normal numbers even in float16. */
  private static final int LARGEST_EXPONENT = 14;

  private final OperatorRegistry operators;

  public DivisionToProduct(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Optional<Expr> apply(Call call) {
    if (!call.isCallOf("divide")
        || !(call.arguments().get(1) instanceof Constant(NDArray divisor))
        || divisor.elements() != 1
        || !isPowerOfTwo(divisor)) {
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

  private static boolean isPowerOfTwo(NDArray divisor) {
    if (!divisor.dtype().isFloat()) {
      return false;
    }
    double value = Math.abs(divisor.getDouble(0));
    int exponent = Math.getExponent(value);
    return Math.abs(exponent) <= LARGEST_EXPONENT && value == Math.scalb(1.0, exponent);
  }
}
