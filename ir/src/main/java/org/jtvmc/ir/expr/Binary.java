package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/** {@code left op right}: both operands and the result have one type. */
public record Binary(BinaryOp op, PrimExpr left, PrimExpr right) implements PrimExpr {

  public Binary {
    if (!left.dtype().equals(right.dtype())) {
      throw new IllegalArgumentException(
          "operands of '%s' have types %s and %s: %s, %s"
              .formatted(op.symbol(), left.dtype(), right.dtype(), left, right));
    }
  }

  /** Builds the expression, folding integer constants and neutral elements. */
  public static PrimExpr of(BinaryOp op, PrimExpr left, PrimExpr right) {
    PrimExpr folded = ConstantFolding.binary(op, left, right);
    return folded != null ? folded : new Binary(op, left, right);
  }

  @Override
  public DType dtype() {
    // Long sums lean to the left: the type is found sooner on the right.
    PrimExpr operand = right;
    while (operand instanceof Binary binary) {
      operand = binary.right;
    }
    return operand.dtype();
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
