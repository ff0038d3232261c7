package org.jtvmc.ir.expr;

import java.util.List;
import org.jtvmc.ir.type.DType;

/** A function applied to scalars of one type, which is the result's unless the function says so. */
public record Intrinsic(IntrinsicOp op, List<PrimExpr> arguments) implements PrimExpr {

  public Intrinsic {
    arguments = List.copyOf(arguments);
    if (arguments.size() != op.arity()) {
      throw new IllegalArgumentException(
          "%s takes %d arguments, not %d".formatted(op.symbol(), op.arity(), arguments.size()));
    }
  }

  public static Intrinsic of(IntrinsicOp op, PrimExpr... arguments) {
    return new Intrinsic(op, List.of(arguments));
  }

  @Override
  public DType dtype() {
    return op == IntrinsicOp.IS_NAN || op == IntrinsicOp.IS_INF
        ? DType.BOOL
        : arguments.getFirst().dtype();
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
