package org.jtvmc.ir.arith;

/**
 * The integers from {@code min} to {@code max}, both included. {@link Long#MIN_VALUE} and {@link
 * Long#MAX_VALUE} stand for no bound; arithmetic that leaves the range of a long gives no bound.
 */
public record Interval(long min, long max) {

  /** All integers. */
  public static final Interval EVERYTHING = new Interval(Long.MIN_VALUE, Long.MAX_VALUE);

  /** The interval of one number. */
  public static Interval point(long value) {
    return new Interval(value, value);
  }

  /** The values of an index below {@code extent}. */
  public static Interval below(long extent) {
    return new Interval(0, extent - 1);
  }

  /** True where both ends are numbers. */
  public boolean isFinite() {
    return min != Long.MIN_VALUE && max != Long.MAX_VALUE;
  }

  /** The number of integers; the interval must be finite. */
  public long size() {
    return Math.addExact(Math.subtractExact(max, min), 1);
  }

  public boolean contains(long value) {
    return min <= value && value <= max;
  }

  public Interval plus(long value) {
    return value == 0 ? this : new Interval(add(min, value), add(max, value));
  }

  public Interval plus(Interval other) {
    return new Interval(add(min, other.min), add(max, other.max));
  }

  public Interval times(long factor) {
    if (factor == 0) {
      return point(0);
    }
    if (factor == 1) {
      return this;
    }
    return factor > 0
        ? new Interval(multiply(min, factor), multiply(max, factor))
        : new Interval(multiply(max, factor), multiply(min, factor));
  }

  public Interval times(Interval other) {
    if (!isFinite() || !other.isFinite()) {
      return EVERYTHING;
    }
    Interval a = times(other.min);
    return a.union(times(other.max));
  }

  /** Division by a positive number, rounding towards minus infinity. */
  public Interval floorDiv(long divisor) {
    return new Interval(
        min == Long.MIN_VALUE ? min : Math.floorDiv(min, divisor),
        max == Long.MAX_VALUE ? max : Math.floorDiv(max, divisor));
  }

  /** The smallest interval with the elements of both. */
  public Interval union(Interval other) {
    return new Interval(Math.min(min, other.min), Math.max(max, other.max));
  }

  /** The minima of pairs. */
  public Interval min(Interval other) {
    return new Interval(Math.min(min, other.min), Math.min(max, other.max));
  }

  /** The maxima of pairs. */
  public Interval max(Interval other) {
    return new Interval(Math.max(min, other.min), Math.max(max, other.max));
  }

  private static long add(long a, long b) {
    if (isBound(a)) {
      return a;
    }
    long sum = a + b;
    if (((a ^ sum) & (b ^ sum)) < 0) {
      return a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return isBound(b) ? b : sum;
  }

  private static long multiply(long a, long factor) {
    boolean negative = (a < 0) != (factor < 0);
    if (isBound(a) || Math.multiplyHigh(a, factor) != (a * factor) >> 63) {
      return negative ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return a * factor;
  }

  private static boolean isBound(long value) {
    return value == Long.MIN_VALUE || value == Long.MAX_VALUE;
  }

  @Override
  public String toString() {
    return "["
        + (min == Long.MIN_VALUE ? "-inf" : min)
        + ", "
        + (max == Long.MAX_VALUE ? "inf" : max)
        + "]";
  }
}
