package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;

/** The padding stage that goes before a window or stands alone as {@code nn.pad}. */
final class Padding {

  private Padding() {}

  /**
   * The tensor with {@code value} around it; the tensor itself where there is no padding. Negative
   * padding cuts off.
   *
   * @param names of the axes
   */
  static Tensor constant(
      Tensor input, List<Long> begin, List<Long> end, PrimExpr value, List<String> names) {
    if (isNone(begin) && isNone(end)) {
      return input;
    }
    List<PrimExpr> extents = extents(input, begin, end);
    List<Axis> axes = Axes.named(names, extents);
    List<PrimExpr> indices = new ArrayList<>(axes.size());
    PrimExpr inside = IntImm.TRUE;
    for (int i = 0; i < axes.size(); i++) {
      PrimExpr index = axes.get(i).var().minus(begin.get(i));
      indices.add(index);
      if (begin.get(i) > 0) {
        inside = inside.and(axes.get(i).var().atLeast(begin.get(i)));
      }
      if (end.get(i) > 0) {
        inside = inside.and(axes.get(i).var().lessThan(input.dim(i).plus(begin.get(i))));
      }
    }
    return Tensor.map("pad", axes, Select.of(inside, input.at(indices), value));
  }

  /** The padding of a window: none on batch and channels, which are the input's first two. */
  static Tensor ofWindow(Tensor input, Window window, PrimExpr value, List<String> names) {
    return ofWindow(input, window, ImageLayout.CHANNELS_FIRST, value, names);
  }

  /** The padding of a window: none on batch and channels. */
  static Tensor ofWindow(
      Tensor input, Window window, ImageLayout layout, PrimExpr value, List<String> names) {
    return constant(
        input,
        layout.arrange(0L, 0L, window.padBegin()),
        layout.arrange(0L, 0L, window.padEnd()),
        value,
        names);
  }

  static List<PrimExpr> extents(Tensor input, List<Long> begin, List<Long> end) {
    List<PrimExpr> extents = new ArrayList<>(input.rank());
    for (int i = 0; i < input.rank(); i++) {
      extents.add(input.dim(i).plus(begin.get(i) + end.get(i)));
    }
    return extents;
  }

  private static boolean isNone(List<Long> padding) {
    return padding.stream().allMatch(p -> p == 0);
  }
}
