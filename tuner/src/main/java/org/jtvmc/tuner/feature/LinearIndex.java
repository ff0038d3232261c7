package org.jtvmc.tuner.feature;

import java.util.Arrays;
import java.util.Map;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;

/**
 * An index as {@code sum(coefficient[k] * loop k) + constant}, with a bound on how many values it
 * takes. Divisions and remainders are approximated by their slope and their range.
 */
final class LinearIndex {
  private final double[] coefficients;
  private final double cap;

  private LinearIndex(double[] coefficients, double cap) {
    this.coefficients = coefficients;
    this.cap = cap;
  }

  /**
   * Analyses {@code index}; {@code positions} gives the place of each enclosing loop's variable.
   */
  static LinearIndex of(PrimExpr index, Map<PrimVar, Integer> positions, double[] extents) {
    return switch (index) {
      case IntImm _ -> constant(extents.length);
      case PrimVar variable -> {
        Integer position = positions.get(variable);
        if (position == null) {
          yield constant(extents.length);
        }
        double[] coefficients = new double[extents.length];
        coefficients[position] = 1;
        yield new LinearIndex(coefficients, extents[position]);
      }
      case Cast cast -> of(cast.value(), positions, extents);
      case Binary binary -> binary(binary, positions, extents);
      case PrimExpr other -> irregular(other, positions, extents);
    };
  }

  private static LinearIndex binary(
      Binary expr, Map<PrimVar, Integer> positions, double[] extents) {
    LinearIndex left = of(expr.left(), positions, extents);
    if (expr.right() instanceof IntImm imm && imm.value() > 0) {
      double by = imm.value();
      switch (expr.op()) {
        case MULTIPLY -> {
          return left.scaled(by, left.cap);
        }
        case DIVIDE, FLOOR_DIVIDE, SHIFT_RIGHT -> {
          double divisor = expr.op() == BinaryOp.SHIFT_RIGHT ? Math.pow(2, by) : by;
          double values = Math.ceil(left.values(0, extents) / divisor);
          return left.scaled(1 / divisor, values);
        }
        case FLOOR_MODULO, REMAINDER -> {
          return new LinearIndex(left.coefficients, Math.min(left.cap, by));
        }
        case ADD, SUBTRACT, MIN, MAX, AND, OR, BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT -> {}
      }
    }
    LinearIndex right = of(expr.right(), positions, extents);
    return switch (expr.op()) {
      case ADD -> left.plus(right, 1);
      case SUBTRACT -> left.plus(right, -1);
      case MULTIPLY ->
          expr.left() instanceof IntImm imm
              ? right.scaled((double) imm.value(), right.cap)
              : irregular(expr, positions, extents);
      case MIN, MAX -> {
        if (left.isConstant()) {
          yield right;
        }
        yield right.isConstant() ? left : irregular(expr, positions, extents);
      }
      case DIVIDE,
          REMAINDER,
          FLOOR_DIVIDE,
          FLOOR_MODULO,
          AND,
          OR,
          BIT_AND,
          BIT_OR,
          BIT_XOR,
          SHIFT_LEFT,
          SHIFT_RIGHT ->
          irregular(expr, positions, extents);
    };
  }

  private static LinearIndex constant(int loops) {
    return new LinearIndex(new double[loops], 1);
  }

  /** An index of which only the variables are known, such as one that is read from memory. */
  private static LinearIndex irregular(
      PrimExpr index, Map<PrimVar, Integer> positions, double[] extents) {
    double[] coefficients = new double[extents.length];
    double values = 1;
    for (PrimVar variable : PrimExprs.variables(index).keySet()) {
      Integer position = positions.get(variable);
      if (position != null) {
        coefficients[position] = 1;
        values *= extents[position];
      }
    }
    return new LinearIndex(coefficients, values);
  }

  private LinearIndex scaled(double by, double values) {
    double[] scaled = coefficients.clone();
    for (int k = 0; k < scaled.length; k++) {
      scaled[k] *= by;
    }
    return new LinearIndex(scaled, values);
  }

  private LinearIndex plus(LinearIndex other, int sign) {
    double[] sum = coefficients.clone();
    for (int k = 0; k < sum.length; k++) {
      sum[k] += sign * other.coefficients[k];
    }
    return new LinearIndex(sum, cap * other.cap);
  }

  private boolean isConstant() {
    return Arrays.stream(coefficients).allMatch(c -> c == 0);
  }

  /** True where loop {@code k} moves the index. */
  boolean depends(int k) {
    return coefficients[k] != 0;
  }

  /** How far one step of loop {@code k} moves the index. */
  double coefficient(int k) {
    return coefficients[k];
  }

  /**
   * How many different values the index takes, at most, while the loops from {@code depth} inwards
   * run and the outer ones stand still.
   */
  double values(int depth, double[] extents) {
    double span = 1;
    double combinations = 1;
    for (int k = depth; k < coefficients.length; k++) {
      if (coefficients[k] != 0) {
        span += Math.abs(coefficients[k]) * (extents[k] - 1);
        combinations *= extents[k];
      }
    }
    return Math.max(1, Math.min(Math.min(span, combinations), cap));
  }
}
