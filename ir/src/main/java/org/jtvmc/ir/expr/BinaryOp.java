package org.jtvmc.ir.expr;

/** The binary operations on scalars; both operands have one type, which is the result's. */
public enum BinaryOp {
  ADD("+"),
  SUBTRACT("-"),
  MULTIPLY("*"),
  /** Exact for floating point; towards zero for integers. */
  DIVIDE("/"),
  /** The remainder of {@link #DIVIDE}: it has the dividend's sign, as C's {@code %} and fmod. */
  REMAINDER("rem"),
  /** Integers only: towards minus infinity. */
  FLOOR_DIVIDE("//"),
  /** Integers only: the remainder of {@link #FLOOR_DIVIDE}; it has the divisor's sign. */
  FLOOR_MODULO("%"),
  /** A NaN on either side gives NaN. */
  MIN("min"),
  /** A NaN on either side gives NaN. */
  MAX("max"),
  /** Booleans only. */
  AND("and"),
  /** Booleans only. */
  OR("or"),
  BIT_AND("&"),
  BIT_OR("|"),
  BIT_XOR("^"),
  SHIFT_LEFT("<<"),
  /** Arithmetic for signed types, logical for unsigned ones. */
  SHIFT_RIGHT(">>");

  private final String symbol;

  BinaryOp(String symbol) {
    this.symbol = symbol;
  }

  public String symbol() {
    return symbol;
  }

  /** Printed as {@code f(a, b)} and not between its operands. */
  public boolean isFunction() {
    return this == MIN || this == MAX || this == REMAINDER;
  }
}
