package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
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
    long[] sizes = Axes.of(data.shape()).stream().mapToLong(Axis::size).toArray();
    int from = 0;
    int to = 0;
    while (from < sizes.length || to < axes.size()) {
      int fromBegin = from;
      int toBegin = to;
      long left = from < sizes.length ? sizes[from++] : 1;
      long right = to < axes.size() ? axes.get(to++).size() : 1;
      while (left != right) {
        if (left < right && from < sizes.length) {
          left *= sizes[from++];
        } else if (to < axes.size()) {
          right *= axes.get(to++).size();
        } else {
          return indices; // one shape holds a zero: there is no element to read
        }
      }
      readGroup(sizes, fromBegin, from, axes.subList(toBegin, to), indices);
    }
    return indices;
  }

  /** Sets the indices of the data's dimensions {@code [begin, end)} from those axes. */
  private static void readGroup(
      long[] sizes, int begin, int end, List<Axis> axes, List<PrimExpr> indices) {
    List<Axis> varying = axes.stream().filter(axis -> axis.size() != 1).toList();
    List<Integer> dims = new ArrayList<>();
    for (int i = begin; i < end; i++) {
      if (sizes[i] != 1) {
        dims.add(i);
      }
    }
    if (dims.isEmpty() || varying.isEmpty()) {
      return;
    }
    PrimExpr position =
        Axes.flatten(Axes.vars(varying), varying.stream().map(Axis::extent).toList());
    List<PrimExpr> parts =
        Axes.unflatten(position, dims.stream().map(i -> IntImm.of(sizes[i])).toList());
    for (int i = 0; i < parts.size(); i++) {
      indices.set(dims.get(i), parts.get(i));
    }
  }
}
