package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/**
 * {@code condition ? whenTrue : whenFalse}.
 *
 * <p>It guards its branches: a read in the branch that is not chosen is not performed, so a branch
 * may name an element outside its tensor where the condition excludes it (padding is written so).
 */
public record Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse)
    implements PrimExpr {

  public Select {
    if (!condition.dtype().isBool()) {
      throw new IllegalArgumentException("a condition must be bool, not " + condition.dtype());
    }
    if (!whenTrue.dtype().equals(whenFalse.dtype())) {
      throw new IllegalArgumentException(
          "branches have types %s and %s".formatted(whenTrue.dtype(), whenFalse.dtype()));
    }
  }

  /** Builds the selection; a constant condition gives the branch itself. */
  public static PrimExpr of(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse) {
    if (condition instanceof IntImm imm) {
      return imm.value() != 0 ? whenTrue : whenFalse;
    }
    return new Select(condition, whenTrue, whenFalse);
  }

  @Override
  public DType dtype() {
    return whenTrue.dtype();
  }

  @Override
  public String toString() {
    return PrimExprPrinter.print(this);
  }
}
