package org.jtvmc.ir.arith;

import java.util.IdentityHashMap;
import java.util.Map;
import org.jtvmc.ir.expr.PrimVar;

/** What is known of the values of variables; nothing of those never told. */
public final class VarRanges {
  private final Map<PrimVar, Interval> ranges = new IdentityHashMap<>();

  /** Says that {@code variable} takes the values of {@code range}. */
  public VarRanges with(PrimVar variable, Interval range) {
    ranges.put(variable, range);
    return this;
  }

  /** Says that {@code variable} is at least 0 and below {@code extent}. */
  public VarRanges with(PrimVar variable, long extent) {
    return with(variable, Interval.below(extent));
  }

  public Interval of(PrimVar variable) {
    return ranges.getOrDefault(variable, Interval.EVERYTHING);
  }
}
