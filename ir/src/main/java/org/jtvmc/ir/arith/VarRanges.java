package org.jtvmc.ir.arith;

import java.util.IdentityHashMap;
import java.util.Map;
import org.jtvmc.ir.expr.PrimVar;

/** What is known of the values of variables: of sizes their ranges, else what was told. */
public final class VarRanges {
  private final Map<PrimVar, Interval> ranges = new IdentityHashMap<>();
  private final Map<PrimVar, LinearForm> open = new IdentityHashMap<>();

  /** Says that {@code variable} takes the values of {@code range}. */
  public VarRanges with(PrimVar variable, Interval range) {
    ranges.put(variable, range);
    return this;
  }

  /** Says that {@code variable} is at least 0 and below {@code extent}. */
  public VarRanges with(PrimVar variable, long extent) {
    return with(variable, Interval.below(extent));
  }

  /**
   * Says that {@code variable} is at least 0 and below an extent that is known only at run time.
   *
   * @param range with the largest value that the extent allows
   */
  VarRanges withOpen(PrimVar variable, LinearForm extent, Interval range) {
    open.put(variable, extent);
    return with(variable, range);
  }

  /** The extent below which the variable is, where that is known only at run time; else null. */
  LinearForm openExtent(PrimVar variable) {
    return open.get(variable);
  }

  public Interval of(PrimVar variable) {
    Interval told = ranges.get(variable);
    if (told != null) {
      return told;
    }
    return variable
        .symbol()
        .map(size -> new Interval(size.least(), size.most()))
        .orElse(Interval.EVERYTHING);
  }
}
