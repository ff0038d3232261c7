package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/** {@code left op right} of two values of one type; the result is a bool. */
public record Compare(Op op, PrimExpr left, PrimExpr right) implements PrimExpr {

  /** The comparisons. With a NaN all but {@link #NOT_EQUAL} are false. */
  public enum Op {
    EQUAL("=="),
    NOT_EQUAL("!="),
    LESS("<"),
    LESS_EQUAL("<="),
    GREATER(">"),
    GREATER_EQUAL(">=");

    private final String symbol;

    Op(String symbol) {
      this.symbol = symbol;
    }

    public String symbol() {
      return symbol;
    }

    /** Whether it holds, given the sign of {@code left - right}. */
    public boolean holds(int sign) {
      return switch (this) {
        case EQUAL -> sign == 0;
        case NOT_EQUAL -> sign != 0;
        case LESS -> sign < 0;
        case LESS_EQUAL -> sign <= 0;
        case GREATER -> sign > 0;
        case GREATER_EQUAL -> sign >= 0;
      };
    }
  }

  public Compare {
    if (!left.dtype().equals(right.dtype())) {
      throw new IllegalArgumentException(
          "operands of '%s' have types %s and %s"
              .formatted(op.symbol(), left.dtype(), right.dtype()));
    }
  }

  /** Builds the comparison, folding signed integer constants. */
  public static PrimExpr of(Op op, PrimExpr left, PrimExpr right) {
    if (left instanceof IntImm a
        && right instanceof IntImm b
        && a.dtype().kind() == DType.Kind.INT) {
      return IntImm.of(op.holds(Long.compare(a.value(), b.value())));
    }
    return new Compare(op, left, right);
  }

  @Override
  public DType dtype() {
    return DType.BOOL;
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
