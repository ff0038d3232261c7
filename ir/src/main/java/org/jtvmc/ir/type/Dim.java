package org.jtvmc.ir.type;

import java.util.Map;
import java.util.OptionalLong;

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

  /** A size that is bound when the model is compiled or run. */
  record Symbol(String name) implements Dim {
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

  static Dim of(String name) {
    return new Symbol(name);
  }

  /** {@code left operation right}, folded where both are numbers or one is neutral. */
  static Dim derive(Operation operation, Dim left, Dim right) {
    if (left instanceof Known(long a) && right instanceof Known(long b)) {
      return new Known(operation.apply(a, b));
    }
    boolean rightIsNeutral =
        switch (operation) {
          case ADD, SUBTRACT -> right.equals(of(0));
          case MULTIPLY, FLOOR_DIVIDE -> right.equals(of(1));
          case MAX, MIN -> right.equals(left);
          case MODULO -> false;
        };
    if (rightIsNeutral) {
      return left;
    }
    boolean leftIsNeutral =
        switch (operation) {
          case ADD -> left.equals(of(0));
          case MULTIPLY -> left.equals(of(1));
          case SUBTRACT, FLOOR_DIVIDE, MODULO, MAX, MIN -> false;
        };
    return leftIsNeutral ? right : new Derived(operation, left, right);
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
      case Symbol(String name) -> sizes.containsKey(name) ? of(sizes.get(name)) : this;
      case Derived(Operation operation, Dim left, Dim right) ->
          derive(operation, left.bind(sizes), right.bind(sizes));
    };
  }
}
