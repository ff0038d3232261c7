package org.jtvmc.schedule;

import java.util.List;

/** How an axis of a stage became other axes. Axes are named by {@link IterVar#id}. */
public sealed interface Relation {

  /**
   * {@code axis} is {@code parts} in mixed radix, the outermost part first.
   *
   * @param factors the extents of all parts but the outermost, which takes what is left: {@code
   *     ceil(extent / product)}. A factor larger than what there is to divide counts as that.
   */
  record Split(String axis, List<String> parts, List<Long> factors) implements Relation {
    public Split {
      parts = List.copyOf(parts);
      factors = List.copyOf(factors);
    }

    /** The extents of the parts, given the axis's; outermost first. */
    public long[] extents(long extent) {
      long[] extents = new long[parts.size()];
      long rest = extent;
      for (int part = parts.size() - 1; part > 0; part--) {
        extents[part] = Math.min(factors.get(part - 1), Math.max(1, rest));
        rest = Math.ceilDiv(rest, extents[part]);
      }
      extents[0] = rest;
      return extents;
    }
  }

  /** {@code fused} runs over all combinations of {@code axes}, the last one fastest. */
  record Fuse(List<String> axes, String fused) implements Relation {
    public Fuse {
      axes = List.copyOf(axes);
    }
  }
}
