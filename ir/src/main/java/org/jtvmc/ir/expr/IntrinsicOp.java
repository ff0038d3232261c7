package org.jtvmc.ir.expr;

import java.util.Locale;

/** Functions of scalars that every target provides. Where nothing else is said: floats. */
public enum IntrinsicOp {
  EXP,
  EXP2,
  EXPM1,
  LOG,
  LOG1P,
  LOG2,
  SQRT,
  RSQRT,
  TANH,
  SIGMOID,
  ERF,
  SIN,
  COS,
  TAN,
  ASIN,
  ACOS,
  ATAN,
  SINH,
  COSH,
  ASINH,
  ACOSH,
  ATANH,
  POW(2),
  FLOOR,
  CEIL,
  /** To the nearest integer, halves to even. */
  ROUND,
  TRUNC,
  /** Floats and signed integers. */
  ABS,
  /** The sign as -1, 0 or 1 (NaN for NaN); floats and signed integers. */
  SIGN,
  /** The result is a bool. */
  IS_NAN,
  /** The result is a bool; true for either sign. */
  IS_INF,
  /** {@code a * b + c}, rounded once. */
  FMA(3);

  private final int arity;

  IntrinsicOp() {
    this(1);
  }

  IntrinsicOp(int arity) {
    this.arity = arity;
  }

  public int arity() {
    return arity;
  }

  /** The name in printed forms. */
  public String symbol() {
    return name().toLowerCase(Locale.ROOT);
  }
}
