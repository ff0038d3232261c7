package org.jtvmc.codegen.emit;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;

/**
 * An {@code int64} value as {@code constant + lane * (number of the lane) + sum(coefficient *
 * atom)}: what an index is at one place of the emitted code. The coefficient of the lane says how
 * an access moves through memory: 0 is one element for all, 1 is a vector.
 *
 * @param terms no coefficient is zero
 */
record Affine(long constant, long lane, Map<Atom, Long> terms) {

  /** A part of an index that is not taken apart further. */
  sealed interface Atom {
    /** A loop's variable or a size. */
    record Variable(PrimVar var) implements Atom {}

    /** {@code floor(numerator / divisor)}; the divisor is positive. */
    record Quotient(Affine numerator, long divisor) implements Atom {}

    /** {@code numerator - divisor * floor(numerator / divisor)}; the divisor is positive. */
    record Modulus(Affine numerator, long divisor) implements Atom {}

    /** The exclusive or of two numbers that are not negative. */
    record Exclusive(Affine left, Affine right) implements Atom {}

    /**
     * Anything else.
     *
     * @param varies true where lanes may differ
     */
    record Opaque(PrimExpr expr, boolean varies) implements Atom {}

    /** True where the lanes may hold different values. */
    default boolean isVarying() {
      return switch (this) {
        case Variable _ -> false;
        case Quotient(Affine numerator, _) -> numerator.lane != 0 || numerator.isVarying();
        case Modulus(Affine numerator, _) -> numerator.lane != 0 || numerator.isVarying();
        case Exclusive(Affine left, Affine right) ->
            left.lane != 0 || left.isVarying() || right.lane != 0 || right.isVarying();
        case Opaque(_, boolean varies) -> varies;
      };
    }
  }

  static final Affine LANE = new Affine(0, 1, Map.of());

  static Affine of(long constant) {
    return new Affine(constant, 0, Map.of());
  }

  static Affine of(Atom atom) {
    return new Affine(0, 0, Map.of(atom, 1L));
  }

  /** True where nothing but the constant is left. */
  boolean isConstant() {
    return lane == 0 && terms.isEmpty();
  }

  /** True where lanes differ by more than their number: some atom varies. */
  boolean isVarying() {
    return terms.keySet().stream().anyMatch(Atom::isVarying);
  }

  Affine plus(Affine other) {
    if (other.terms.isEmpty()) {
      return new Affine(constant + other.constant, lane + other.lane, terms);
    }
    if (terms.isEmpty()) {
      return new Affine(constant + other.constant, lane + other.lane, other.terms);
    }
    Map<Atom, Long> sum = new LinkedHashMap<>(terms);
    other.terms.forEach((atom, c) -> sum.merge(atom, c, Long::sum));
    sum.values().removeIf(c -> c == 0);
    return new Affine(constant + other.constant, lane + other.lane, sum);
  }

  Affine plus(long other) {
    return new Affine(constant + other, lane, terms);
  }

  Affine minus(Affine other) {
    return plus(other.times(-1));
  }

  Affine times(long factor) {
    if (factor == 1) {
      return this;
    }
    if (factor == 0) {
      return of(0);
    }
    Map<Atom, Long> scaled = new LinkedHashMap<>();
    terms.forEach((atom, c) -> scaled.put(atom, c * factor));
    return new Affine(constant * factor, lane * factor, scaled);
  }

  /** The value of lane 0. */
  Affine atFirstLane() {
    return new Affine(constant, 0, terms);
  }
}
