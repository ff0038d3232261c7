package org.jtvmc.ir.expr;

import org.jtvmc.ir.type.DType;

/** The negation of a bool. */
public record Not(PrimExpr operand) implements PrimExpr {

  /** Builds the negation, folding constants. */
  public static PrimExpr of(PrimExpr operand) {
    return switch (operand) {
      case IntImm imm -> IntImm.of(imm.value() == 0);
      case Not not -> not.operand;
      case FloatImm _,
          PrimVar _,
          Binary _,
          Compare _,
          Select _,
          Cast _,
          Reinterpret _,
          Intrinsic _,
          Read _,
          Load _ ->
          new Not(operand);
    };
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
