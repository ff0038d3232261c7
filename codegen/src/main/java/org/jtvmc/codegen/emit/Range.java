package org.jtvmc.codegen.emit;

/** The integers of {@code [low, high]}; an open end is the extreme of {@code long}. */
record Range(long low, long high) {
  static final Range ALL = new Range(Long.MIN_VALUE, Long.MAX_VALUE);

  static Range of(long value) {
    return new Range(value, value);
  }

  boolean within(long least, long most) {
    return low >= least && high <= most;
  }

  Range plus(Range other) {
    return new Range(
        low == Long.MIN_VALUE || other.low == Long.MIN_VALUE
            ? Long.MIN_VALUE
            : saturate(low, other.low),
        high == Long.MAX_VALUE || other.high == Long.MAX_VALUE
            ? Long.MAX_VALUE
            : saturate(high, other.high));
  }

  Range times(long factor) {
    if (factor == 0) {
      return of(0);
    }
    long a = scale(low, factor);
    long b = scale(high, factor);
    return factor > 0 ? new Range(a, b) : new Range(b, a);
  }

  Range floorDiv(long divisor) {
    return new Range(
        low == Long.MIN_VALUE ? low : Math.floorDiv(low, divisor),
        high == Long.MAX_VALUE ? high : Math.floorDiv(high, divisor));
  }

  private static long scale(long end, long factor) {
    if (end == Long.MIN_VALUE || end == Long.MAX_VALUE) {
      return (end > 0) == (factor > 0) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
    long high = Math.multiplyHigh(end, factor);
    long product = end * factor;
    boolean fits = high == product >> 63;
    return fits ? product : (end > 0) == (factor > 0) ? Long.MAX_VALUE : Long.MIN_VALUE;
  }

  private static long saturate(long a, long b) {
    long sum = a + b;
    boolean overflow = ((a ^ sum) & (b ^ sum)) < 0;
    return overflow ? (a > 0 ? Long.MAX_VALUE : Long.MIN_VALUE) : sum;
  }
}
