package org.jtvmc.ir.type;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;

/**
 * One dimension of a tensor's shape: a number, a symbolic name, or arithmetic over those.
 *
 * <p>Values are built by the factory methods, which fold constants and the obvious identities, so
 * that equal sizes reached in the same way compare equal.
 */
public sealed interface Dim permits Dim.Known, Dim.Symbol, Dim.Derived {

  /** A size that is a number. */
  record Known(long value) implements Dim {
    public Known {
      if (value < 0) {
        throw new IllegalArgumentException("a dimension cannot be negative: " + value);
      }
    }

    @Override
    public String toString() {
      return Long.toString(value);
    }
  }

  /**
   * A size that is bound when the model is compiled or run.
   *
   * @param least no less than 0
   * @param most the largest that it may be
   * @param usual the one for which code is made fast
   */
  record Symbol(String name, long least, long most, long usual) implements Dim {
    public Symbol {
      if (least < 0 || least > usual || usual > most) {
        throw new IllegalArgumentException(
            "size '%s' is usually %d, which is not in %d to %d"
                .formatted(name, usual, least, most));
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** A size that follows from others, such as that of a convolution's output. */
  record Derived(Operation operation, Dim left, Dim right) implements Dim {
    @Override
    public String toString() {
      return "(" + left + " " + operation.symbol + " " + right + ")";
    }
  }

  /** The arithmetic that shapes need. Division rounds towards minus infinity. */
  enum Operation {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    FLOOR_DIVIDE("/"),
    MODULO("%"),
    MAX("max"),
    MIN("min");

    private final String symbol;

    Operation(String symbol) {
      this.symbol = symbol;
    }

    /** The operator's text in the printed form. */
    public String symbol() {
      return symbol;
    }

    long apply(long a, long b) {
      return switch (this) {
        case ADD -> Math.addExact(a, b);
        case SUBTRACT -> Math.subtractExact(a, b);
        case MULTIPLY -> Math.multiplyExact(a, b);
        case FLOOR_DIVIDE -> Math.floorDiv(a, b);
        case MODULO -> Math.floorMod(a, b);
        case MAX -> Math.max(a, b);
        case MIN -> Math.min(a, b);
      };
    }
  }

  static Dim of(long value) {
    return new Known(value);
  }

  /** The largest size of a symbol that nobody gave a range: 2 to the 20th, less one. */
  long MOST = (1L << 20) - 1;

  /** The usual size of a symbol that nobody gave one. */
  long USUAL = 64;

  static Dim of(String name) {
    return new Symbol(name, 0, MOST, USUAL);
  }

  /**
   * {@code left operation right}. Sums and products are brought into one form, whatever the order
   * of their parts; divisions that are exact are carried out.
   */
  static Dim derive(Operation operation, Dim left, Dim right) {
    if (left instanceof Known(long a) && right instanceof Known(long b)) {
      return new Known(operation.apply(a, b));
    }
    SizePolynomial a = SizePolynomial.of(left);
    SizePolynomial b = SizePolynomial.of(right);
    return switch (operation) {
      case ADD -> a.plus(b, 1).toDim();
      case SUBTRACT -> a.plus(b, -1).toDim();
      case MULTIPLY -> a.times(b).toDim();
      case FLOOR_DIVIDE -> quotient(a, b);
      case MODULO -> {
        var parts = a.divide(b);
        yield parts.rest().isConstant() && b.isConstant()
            ? of(Math.floorMod(parts.rest().constant(), b.constant()))
            : parts.rest().terms().isEmpty()
                ? of(0)
                : new Derived(operation, parts.rest().toDim(), right);
      }
      case MAX, MIN -> extreme(operation, left, right);
    };
  }

  /** Division by a size takes it for positive: where it is 0, there is nothing to divide. */
  private static Dim quotient(SizePolynomial a, SizePolynomial b) {
    var parts = a.divide(b);
    if (parts.rest().terms().isEmpty()) {
      return parts.exact().toDim();
    }
    if (!b.isConstant()) {
      return new Derived(Operation.FLOOR_DIVIDE, a.toDim(), b.toDim());
    }
    long divisor = b.constant();
    if (parts.rest().isConstant()) {
      long carried = Math.floorDiv(parts.rest().constant(), divisor);
      return parts.exact().plus(SizePolynomial.constant(carried), 1).toDim();
    }
    Dim rest = parts.rest().toDim();
    if (rest instanceof Derived(Operation inner, Dim dividend, Known(long by))
        && inner == Operation.FLOOR_DIVIDE) {
      rest = quotient(SizePolynomial.of(dividend), SizePolynomial.constant(by * divisor));
    } else {
      rest = new Derived(Operation.FLOOR_DIVIDE, rest, b.toDim());
    }
    return parts.exact().plus(SizePolynomial.of(rest), 1).toDim();
  }

  private static Dim extreme(Operation operation, Dim left, Dim right) {
    SizeRange difference =
        SizeRange.of(SizePolynomial.of(left).plus(SizePolynomial.of(right), -1).toDim());
    if (difference.least() >= 0) {
      return operation == Operation.MAX ? left : right;
    }
    if (difference.most() <= 0) {
      return operation == Operation.MAX ? right : left;
    }
    boolean sorted = left.toString().compareTo(right.toString()) <= 0;
    return new Derived(operation, sorted ? left : right, sorted ? right : left);
  }

  default Dim plus(Dim other) {
    return derive(Operation.ADD, this, other);
  }

  default Dim plus(long other) {
    return other < 0 ? minus(of(-other)) : plus(of(other));
  }

  default Dim minus(Dim other) {
    return derive(Operation.SUBTRACT, this, other);
  }

  default Dim times(Dim other) {
    return derive(Operation.MULTIPLY, this, other);
  }

  default Dim times(long other) {
    return times(of(other));
  }

  default Dim floorDiv(long other) {
    return derive(Operation.FLOOR_DIVIDE, this, of(other));
  }

  default boolean isKnown() {
    return this instanceof Known;
  }

  /** The number, where this is one. */
  default OptionalLong known() {
    return this instanceof Known(long value) ? OptionalLong.of(value) : OptionalLong.empty();
  }

  /**
   * The number.
   *
   * @throws IllegalStateException where the dimension is symbolic
   */
  default long value() {
    return known()
        .orElseThrow(() -> new IllegalStateException("dimension '" + this + "' has no fixed size"));
  }

  /** This dimension with the given symbols replaced by numbers. */
  default Dim bind(Map<String, Long> sizes) {
    return switch (this) {
      case Known known -> known;
      case Symbol symbol -> sizes.containsKey(symbol.name()) ? of(sizes.get(symbol.name())) : this;
      case Derived(Operation operation, Dim left, Dim right) ->
          derive(operation, left.bind(sizes), right.bind(sizes));
    };
  }

  /**
   * The number that this dimension is.
   *
   * @param size of every symbol
   * @throws ArithmeticException where it leaves the range of a long, or something is divided by 0
   */
  default long evaluate(ToLongFunction<Symbol> size) {
    return switch (this) {
      case Known(long value) -> value;
      case Symbol symbol -> size.applyAsLong(symbol);
      case Derived(Operation operation, Dim left, Dim right) ->
          operation.apply(left.evaluate(size), right.evaluate(size));
    };
  }

  /** This dimension where all symbols have their usual sizes. */
  default long usual() {
    return evaluate(Symbol::usual);
  }

  /**
   * The factors of which sums of products make this dimension: symbols, and what is no sum or
   * product.
   */
  default List<Dim> factors() {
    return SizePolynomial.of(this).terms().keySet().stream()
        .flatMap(List::stream)
        .distinct()
        .toList();
  }

  /** This dimension with others in place of its {@link #factors}. */
  default Dim replaceFactors(UnaryOperator<Dim> replace) {
    return switch (this) {
      case Known known -> known;
      case Symbol _ -> replace.apply(this);
      case Derived(Operation operation, Dim left, Dim right) ->
          switch (operation) {
            case ADD, SUBTRACT, MULTIPLY ->
                derive(operation, left.replaceFactors(replace), right.replaceFactors(replace));
            case FLOOR_DIVIDE, MODULO, MAX, MIN -> replace.apply(this);
          };
    };
  }
}
