package org.jtvmc.ir.arith;

import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;

/**
 * The rules for floor division and modulo of linear forms by positive constants. Canonical atoms
 * are {@code x // d}, {@code x % d} and {@code (x // d) % m}, where {@code x} is not of these kinds
 * itself; division comes before modulo.
 */
final class DivMod {
  private final Simplifier simplifier;

  DivMod(Simplifier simplifier) {
    this.simplifier = simplifier;
  }

  /**
   * A form as {@code stride * high + low} with {@code low} in {@code [0, stride)}; {@code stride}
   * is greater than 1 and divides {@code divisor} (any stride where that is 0).
   */
  private record Parts(long stride, LinearForm high, LinearForm low) {}

  LinearForm divide(LinearForm form, long divisor) {
    if (divisor == 1) {
      return form;
    }
    LinearForm quotient = LinearForm.constant(Math.floorDiv(form.constant(), divisor));
    LinearForm rest = LinearForm.constant(Math.floorMod(form.constant(), divisor));
    for (int i = 0; i < form.size(); i++) {
      long coefficient = form.coefficient(i);
      if (coefficient % divisor == 0) {
        quotient = quotient.withTerm(form.atom(i), coefficient / divisor);
      } else {
        rest = rest.withTerm(form.atom(i), coefficient);
      }
    }
    return recombine(quotient.plus(divideRest(rest, divisor)));
  }

  private LinearForm divideRest(LinearForm rest, long divisor) {
    Interval range = simplifier.bounds(rest).floorDiv(divisor);
    if (range.min() == range.max()) {
      return LinearForm.constant(range.min());
    }
    Parts parts = separate(rest, divisor);
    if (parts != null) {
      return divide(parts.high, divisor / parts.stride);
    }
    PrimExpr atom = rest.asAtom();
    if (atom instanceof Binary(BinaryOp op, PrimExpr inner, IntImm by)) {
      if (op == BinaryOp.FLOOR_DIVIDE) {
        return divide(simplifier.linear(inner), Math.multiplyExact(by.value(), divisor));
      }
      if (op == BinaryOp.FLOOR_MODULO && by.value() % divisor == 0) {
        LinearForm quotient = divide(simplifier.linear(inner), divisor);
        return modulo(quotient, by.value() / divisor);
      }
    }
    return LinearForm.atom(rest.toExpr().floorDiv(divisor));
  }

  LinearForm modulo(LinearForm form, long divisor) {
    if (divisor == 1) {
      return LinearForm.ZERO;
    }
    LinearForm rest = LinearForm.constant(Math.floorMod(form.constant(), divisor));
    for (int i = 0; i < form.size(); i++) {
      long coefficient = form.coefficient(i) % divisor;
      if (coefficient != 0) {
        rest = rest.withTerm(form.atom(i), coefficient);
      }
    }
    Interval range = simplifier.bounds(rest).floorDiv(divisor);
    if (range.min() == range.max()) {
      return rest.plus(-range.min() * divisor);
    }
    Parts parts = separate(rest, divisor);
    if (parts != null) {
      LinearForm high = modulo(parts.high, divisor / parts.stride);
      return recombine(high.times(parts.stride).plus(parts.low));
    }
    PrimExpr atom = rest.asAtom();
    if (atom instanceof Binary(BinaryOp op, PrimExpr inner, IntImm by)
        && op == BinaryOp.FLOOR_MODULO
        && by.value() % divisor == 0) {
      return modulo(simplifier.linear(inner), divisor);
    }
    return LinearForm.atom(rest.toExpr().floorMod(divisor));
  }

  /** For the condition {@code form >= 0}: an equivalent form without terms that cannot matter. */
  LinearForm dropSmallTerms(LinearForm form) {
    Parts parts = separate(form, 0);
    return parts == null ? form : parts.high;
  }

  /**
   * Separates the terms with large coefficients from those that together stay below what the large
   * ones have in common. Null where there are none.
   */
  private Parts separate(LinearForm form, long divisor) {
    int count = form.size();
    boolean[] isHigh = new boolean[count];
    long common = divisor;
    for (int taken = 0; taken < count; taken++) {
      int largest = -1;
      for (int i = 0; i < count; i++) {
        if (!isHigh[i]
            && (largest < 0
                || Math.abs(form.coefficient(i)) > Math.abs(form.coefficient(largest)))) {
          largest = i;
        }
      }
      isHigh[largest] = true;
      common = gcd(common, form.coefficient(largest));
      if (common == 1) {
        return null;
      }
      long offset = Math.floorMod(form.constant(), common);
      LinearForm low = LinearForm.constant(offset);
      for (int i = 0; i < count; i++) {
        if (!isHigh[i]) {
          low = low.withTerm(form.atom(i), form.coefficient(i));
        }
      }
      Interval range = simplifier.bounds(low).floorDiv(common);
      if (range.min() == range.max()) {
        long carry = range.min();
        LinearForm high = LinearForm.constant(Math.floorDiv(form.constant(), common) + carry);
        for (int i = 0; i < count; i++) {
          if (isHigh[i]) {
            high = high.withTerm(form.atom(i), form.coefficient(i) / common);
          }
        }
        return new Parts(common, high, low.plus(-carry * common));
      }
    }
    return null;
  }

  private static long gcd(long a, long b) {
    long x = Math.abs(a);
    long y = Math.abs(b);
    while (y != 0) {
      long rest = x % y;
      x = y;
      y = rest;
    }
    return x;
  }

  /**
   * The atom as {@code (base // divisor) % modulus}; a modulus of 0 where there is none.
   *
   * <p>The pieces of one mixed-radix number are atoms of the same base.
   */
  private record Digit(PrimExpr base, long divisor, long modulus) {

    /** Null where the atom is neither a division nor a modulo by a constant. */
    static Digit of(PrimExpr atom) {
      if (atom instanceof Binary(BinaryOp op, PrimExpr inner, IntImm by)) {
        if (op == BinaryOp.FLOOR_DIVIDE) {
          return new Digit(inner, by.value(), 0);
        }
        if (op == BinaryOp.FLOOR_MODULO) {
          return inner instanceof Binary(BinaryOp division, PrimExpr base, IntImm divisor)
                  && division == BinaryOp.FLOOR_DIVIDE
              ? new Digit(base, divisor.value(), by.value())
              : new Digit(inner, 1, by.value());
        }
      }
      return null;
    }
  }

  /** Joins neighbouring digits of one number: {@code x // 8 * 8 + x % 8} is {@code x}. */
  LinearForm recombine(LinearForm form) {
    int digits = 0;
    for (int i = 0; i < form.size(); i++) {
      if (form.atom(i) instanceof Binary) {
        digits++;
      }
    }
    if (digits < 2) {
      return form;
    }
    for (int low = 0; low < form.size(); low++) {
      Digit lower = Digit.of(form.atom(low));
      if (lower == null || lower.modulus == 0) {
        continue;
      }
      for (int high = 0; high < form.size(); high++) {
        Digit upper = high == low ? null : Digit.of(form.atom(high));
        if (upper != null
            && upper.divisor == lower.divisor * lower.modulus
            && form.coefficient(high) == form.coefficient(low) * lower.modulus
            && upper.base.equals(lower.base)) {
          return recombine(joined(form, low, high, lower, upper));
        }
      }
    }
    return form;
  }

  private LinearForm joined(LinearForm form, int low, int high, Digit lower, Digit upper) {
    long coefficient = form.coefficient(low);
    LinearForm rest = LinearForm.constant(form.constant());
    for (int i = 0; i < form.size(); i++) {
      if (i != low && i != high) {
        rest = rest.withTerm(form.atom(i), form.coefficient(i));
      }
    }
    LinearForm digits = divide(simplifier.linear(lower.base), lower.divisor);
    if (upper.modulus != 0) {
      digits = modulo(digits, lower.modulus * upper.modulus);
    }
    return rest.plus(digits, coefficient);
  }
}
