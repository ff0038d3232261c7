package org.jtvmc.ir.type;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jtvmc.ir.type.Dim.Operation;

/**
 * A size as a sum of products: the normal form by which sizes that were reached in different ways
 * are found to be equal. Factors are symbols, and quotients, remainders, minima and maxima of
 * sizes.
 *
 * @param terms the coefficient of every product of factors, none of them zero; the factors of a
 *     product are sorted by their text
 */
record SizePolynomial(Map<List<Dim>, Long> terms) {

  private static final Comparator<List<Dim>> ORDER =
      Comparator.<List<Dim>>comparingInt(List::size)
          .reversed()
          .thenComparing(
              factors -> factors.stream().map(Dim::toString).collect(Collectors.joining("*")));

  static SizePolynomial of(Dim dim) {
    return switch (dim) {
      case Dim.Known(long value) -> constant(value);
      case Dim.Symbol _ -> factor(dim);
      case Dim.Derived(Operation operation, Dim left, Dim right) ->
          switch (operation) {
            case ADD -> of(left).plus(of(right), 1);
            case SUBTRACT -> of(left).plus(of(right), -1);
            case MULTIPLY -> of(left).times(of(right));
            case FLOOR_DIVIDE, MODULO, MAX, MIN -> factor(dim);
          };
    };
  }

  static SizePolynomial constant(long value) {
    SizePolynomial result = new SizePolynomial(new TreeMap<>(ORDER));
    result.add(List.of(), value);
    return result;
  }

  private static SizePolynomial factor(Dim dim) {
    SizePolynomial result = new SizePolynomial(new TreeMap<>(ORDER));
    result.add(List.of(dim), 1);
    return result;
  }

  private void add(List<Dim> factors, long coefficient) {
    long sum = Math.addExact(terms.getOrDefault(factors, 0L), coefficient);
    if (sum == 0) {
      terms.remove(factors);
    } else {
      terms.put(factors, sum);
    }
  }

  SizePolynomial plus(SizePolynomial other, long factor) {
    SizePolynomial result = new SizePolynomial(new TreeMap<>(ORDER));
    terms.forEach(result::add);
    other.terms.forEach((factors, c) -> result.add(factors, Math.multiplyExact(c, factor)));
    return result;
  }

  SizePolynomial times(SizePolynomial other) {
    SizePolynomial result = new SizePolynomial(new TreeMap<>(ORDER));
    terms.forEach(
        (left, a) ->
            other.terms.forEach(
                (right, b) -> {
                  List<Dim> factors = new ArrayList<>(left);
                  factors.addAll(right);
                  factors.sort(Comparator.comparing(Dim::toString));
                  result.add(List.copyOf(factors), Math.multiplyExact(a, b));
                }));
    return result;
  }

  boolean isConstant() {
    return terms.isEmpty() || (terms.size() == 1 && terms.containsKey(List.of()));
  }

  /** The term without factors. */
  long constant() {
    return terms.getOrDefault(List.of(), 0L);
  }

  /** A quotient, and what is left where that is not exact. */
  record Quotient(SizePolynomial exact, SizePolynomial rest) {}

  /**
   * Divides what can be divided exactly.
   *
   * @param divisor of one term
   */
  Quotient divide(SizePolynomial divisor) {
    SizePolynomial exact = new SizePolynomial(new TreeMap<>(ORDER));
    SizePolynomial rest = new SizePolynomial(new TreeMap<>(ORDER));
    if (divisor.terms.size() != 1) {
      return equals(divisor) ? new Quotient(constant(1), rest) : new Quotient(exact, this);
    }
    var by = divisor.terms.entrySet().iterator().next();
    terms.forEach(
        (factors, coefficient) -> {
          List<Dim> left = new ArrayList<>(factors);
          boolean divides = coefficient % by.getValue() == 0;
          for (Dim factor : by.getKey()) {
            divides &= left.remove(factor);
          }
          if (divides) {
            exact.add(List.copyOf(left), coefficient / by.getValue());
          } else {
            rest.add(factors, coefficient);
          }
        });
    return new Quotient(exact, rest);
  }

  /** The size in the one way in which this sum of products is written: what is taken away last. */
  Dim toDim() {
    Dim sum = null;
    for (var term : terms.entrySet()) {
      if (term.getValue() > 0) {
        Dim product = product(term.getKey(), term.getValue());
        sum = sum == null ? product : new Dim.Derived(Operation.ADD, sum, product);
      }
    }
    sum = sum == null ? new Dim.Known(0) : sum;
    for (var term : terms.entrySet()) {
      if (term.getValue() < 0) {
        Dim product = product(term.getKey(), Math.negateExact(term.getValue()));
        sum = new Dim.Derived(Operation.SUBTRACT, sum, product);
      }
    }
    return sum;
  }

  private static Dim product(List<Dim> factors, long coefficient) {
    Dim product = null;
    for (Dim factor : factors) {
      product = product == null ? factor : new Dim.Derived(Operation.MULTIPLY, product, factor);
    }
    if (product == null) {
      return new Dim.Known(coefficient);
    }
    return coefficient == 1
        ? product
        : new Dim.Derived(Operation.MULTIPLY, product, new Dim.Known(coefficient));
  }
}
