package org.jtvmc.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;

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

    /**
     * The sizes of the parts, given the axis's; outermost first. Where that is known only at run
     * time the inner parts are those of the usual size.
     */
    public List<PrimExpr> sizes(PrimExpr size) {
      List<PrimExpr> sizes = new ArrayList<>(parts.size());
      long inner = 1;
      for (long extent : extents(Sizes.usual(size))) {
        inner = sizes.isEmpty() ? inner : Math.multiplyExact(inner, extent);
        sizes.add(IntImm.of(extent));
      }
      if (!(size instanceof IntImm)) {
        sizes.set(0, Sizes.canonical(size.plus(inner - 1).floorDiv(inner)));
      }
      return sizes;
    }
  }

  /**
   * {@code fused} runs over all combinations of {@code axes}, the last one fastest; those whose
   * sizes are known only at run time are the slowest, so that to take the fused one apart is to
   * divide by numbers.
   */
  record Fuse(List<String> axes, String fused) implements Relation {
    public Fuse {
      axes = List.copyOf(axes);
    }

    /**
     * The axes from the slowest on.
     *
     * @param sizes of all axes
     */
    List<String> slowestFirst(Map<String, PrimExpr> sizes) {
      List<String> order = new ArrayList<>(axes);
      order.sort(Comparator.comparing(axis -> sizes.get(axis) instanceof IntImm));
      return order;
    }
  }
}
