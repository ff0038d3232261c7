package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * Reads of a tensor under another shape with as little arithmetic as possible.
 *
 * <p>The dimensions of both shapes are matched in the smallest groups of equal size: (128, 384) as
 * (128, 12, 32) is the pair 128 = 128 and the pair 384 = 12 * 32, and the element at {@code (s, h,
 * d)} is that at {@code (s, h * 32 + d)}. Only inside a group do positions mix.
 */
final class Reindexing {

  private Reindexing() {}

  static Tensor reshape(Tensor data, TensorType result, String name) {
    List<Axis> axes = Axes.of(result);
    return Tensor.map(name, axes, data.at(indices(data, axes)));
  }

  private static List<PrimExpr> indices(Tensor data, List<Axis> axes) {
    List<PrimExpr> indices =
        new ArrayList<>(Collections.nCopies(data.rank(), (PrimExpr) IntImm.of(0)));
    List<Dim> from = data.shape().stream().map(Sizes::dim).toList();
    List<Dim> to = axes.stream().map(axis -> Sizes.dim(axis.extent())).toList();
    int fromBegin = 0;
    int toBegin = 0;
    while (fromBegin < from.size() || toBegin < to.size()) {
      Group group = group(from.subList(fromBegin, from.size()), to.subList(toBegin, to.size()));
      int fromEnd = fromBegin + group.from;
      int toEnd = toBegin + group.to;
      readGroup(from, fromBegin, fromEnd, axes.subList(toBegin, toEnd), indices);
      fromBegin = fromEnd;
      toBegin = toEnd;
    }
    return indices;
  }

  /** How many of the first dimensions of two shapes make up the same number of elements. */
  private record Group(int from, int to) {}

  /** The smallest group; all dimensions where none is known to be one. */
  private static Group group(List<Dim> from, List<Dim> to) {
    for (int total = 1; total < from.size() + to.size(); total++) {
      for (int i = Math.min(total, from.size()); i >= Math.max(0, total - to.size()); i--) {
        if (Shapes.product(from.subList(0, i)).equals(Shapes.product(to.subList(0, total - i)))) {
          return new Group(i, total - i);
        }
      }
    }
    return new Group(from.size(), to.size());
  }

  /** Sets the indices of the data's dimensions {@code [begin, end)} from those axes. */
  private static void readGroup(
      List<Dim> sizes, int begin, int end, List<Axis> axes, List<PrimExpr> indices) {
    List<Axis> varying = axes.stream().filter(axis -> !IntImm.is(axis.extent(), 1)).toList();
    List<Integer> dims = new ArrayList<>();
    for (int i = begin; i < end; i++) {
      if (!Shapes.isOne(sizes.get(i))) {
        dims.add(i);
      }
    }
    if (dims.isEmpty() || varying.isEmpty()) {
      return;
    }
    PrimExpr position =
        Axes.flatten(Axes.vars(varying), varying.stream().map(Axis::extent).toList());
    List<PrimExpr> parts =
        Axes.unflatten(position, dims.stream().map(i -> Sizes.expr(sizes.get(i))).toList());
    for (int i = 0; i < parts.size(); i++) {
      indices.set(dims.get(i), parts.get(i));
    }
  }
}
