package org.jtvmc.ir.type;

/**
 * Between which numbers a size lies; {@link Long#MIN_VALUE} and {@link Long#MAX_VALUE} stand for no
 * bound.
 */
public record SizeRange(long least, long most) {

  /** What follows from the ranges of the symbols. */
  public static SizeRange of(Dim dim) {
    return switch (dim) {
      case Dim.Known(long value) -> new SizeRange(value, value);
      case Dim.Symbol symbol -> new SizeRange(symbol.least(), symbol.most());
      case Dim.Derived(Dim.Operation operation, Dim left, Dim right) ->
          of(operation, of(left), of(right));
    };
  }

  private static SizeRange of(Dim.Operation operation, SizeRange a, SizeRange b) {
    return switch (operation) {
      case ADD -> new SizeRange(add(a.least, b.least), add(a.most, b.most));
      case SUBTRACT -> new SizeRange(add(a.least, negate(b.most)), add(a.most, negate(b.least)));
      case MULTIPLY -> {
        long w = multiply(a.least, b.least);
        long x = multiply(a.least, b.most);
        long y = multiply(a.most, b.least);
        long z = multiply(a.most, b.most);
        yield new SizeRange(
            Math.min(Math.min(w, x), Math.min(y, z)), Math.max(Math.max(w, x), Math.max(y, z)));
      }
      case FLOOR_DIVIDE -> {
        if (b.least < 1) {
          yield a.least >= 0 ? new SizeRange(0, a.most) : new SizeRange(a.least, a.most);
        }
        yield new SizeRange(
            divide(a.least, a.least < 0 ? b.least : b.most),
            divide(a.most, a.most < 0 ? b.most : b.least));
      }
      case MODULO -> new SizeRange(0, isBound(b.most) ? b.most : Math.max(0, b.most - 1));
      case MAX -> new SizeRange(Math.max(a.least, b.least), Math.max(a.most, b.most));
      case MIN -> new SizeRange(Math.min(a.least, b.least), Math.min(a.most, b.most));
    };
  }

  private static boolean isBound(long value) {
    return value == Long.MIN_VALUE || value == Long.MAX_VALUE;
  }

  private static long negate(long value) {
    return value == Long.MIN_VALUE
        ? Long.MAX_VALUE
        : value == Long.MAX_VALUE ? Long.MIN_VALUE : -value;
  }

  private static long add(long a, long b) {
    if (isBound(a)) {
      return a;
    }
    if (isBound(b)) {
      return b;
    }
    long sum = a + b;
    boolean overflows = ((a ^ sum) & (b ^ sum)) < 0;
    return overflows ? (a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : sum;
  }

  private static long multiply(long a, long b) {
    if (a == 0 || b == 0) {
      return 0;
    }
    boolean negative = (a < 0) != (b < 0);
    if (isBound(a) || isBound(b) || Math.multiplyHigh(a, b) != (a * b) >> 63) {
      return negative ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return a * b;
  }

  private static long divide(long a, long b) {
    return isBound(a) ? a : b == Long.MAX_VALUE ? (a < 0 ? -1 : 0) : Math.floorDiv(a, b);
  }
}
