package org.jtvmc.ir.op;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** Named axes for tensor expressions, and reads along them. */
public final class Axes {

  private Axes() {}

  /** The size as an expression. */
  public static PrimExpr extent(Dim dim) {
    return Sizes.expr(dim);
  }

  /** The sizes of a tensor as expressions. */
  public static List<PrimExpr> extents(Type type) {
    return ((TensorType) type).shape().stream().map(Axes::extent).toList();
  }

  /** One axis per dimension of {@code type}, named {@code i0, i1, ...}. */
  public static List<Axis> of(Type type) {
    return of(extents(type));
  }

  /** One axis per extent, named {@code i0, i1, ...}. */
  public static List<Axis> of(List<? extends PrimExpr> extents) {
    return named("i", extents);
  }

  /** One axis per extent, named by the prefix and the position. */
  public static List<Axis> named(String prefix, List<? extends PrimExpr> extents) {
    List<Axis> axes = new ArrayList<>(extents.size());
    for (PrimExpr extent : extents) {
      axes.add(Axis.of(prefix + axes.size(), extent));
    }
    return axes;
  }

  /** One axis per name. */
  public static List<Axis> named(List<String> names, List<? extends PrimExpr> extents) {
    List<Axis> axes = new ArrayList<>(extents.size());
    for (PrimExpr extent : extents) {
      axes.add(Axis.of(names.get(axes.size()), extent));
    }
    return axes;
  }

  /** {@code prefix + w}, {@code h, w} or {@code d, h, w}; numbered from four dimensions on. */
  public static List<String> spatialNames(String prefix, int rank) {
    List<String> names = List.of("d", "h", "w");
    List<String> result = new ArrayList<>(rank);
    for (int i = 0; i < rank; i++) {
      result.add(prefix + (rank <= 3 ? names.get(3 - rank + i) : "s" + i));
    }
    return result;
  }

  /** The axes' variables. */
  public static List<PrimExpr> vars(List<Axis> axes) {
    return axes.stream().<PrimExpr>map(Axis::var).toList();
  }

  /**
   * The element of {@code tensor} that a numpy broadcast puts at the axes: dimensions are matched
   * from the last on, those of size 1 are read at 0.
   */
  public static PrimExpr readBroadcast(Tensor tensor, List<Axis> axes) {
    List<PrimExpr> indices = new ArrayList<>(tensor.rank());
    int skipped = axes.size() - tensor.rank();
    for (int i = 0; i < tensor.rank(); i++) {
      Axis axis = axes.get(skipped + i);
      boolean stretched = IntImm.is(tensor.dim(i), 1) && !IntImm.is(axis.extent(), 1);
      indices.add(stretched ? IntImm.of(0) : axis.var());
    }
    return tensor.at(indices);
  }

  /** {@code a[0] * (b[1] * b[2] * ...) + ...}: the row-major position in a tensor of that shape. */
  public static PrimExpr flatten(
      List<? extends PrimExpr> indices, List<? extends PrimExpr> extents) {
    PrimExpr flat = IntImm.of(0);
    for (int i = 0; i < indices.size(); i++) {
      flat = flat.times(extents.get(i)).plus(indices.get(i));
    }
    return flat;
  }

  /** The inverse of {@link #flatten}, for a position inside the tensor. */
  public static List<PrimExpr> unflatten(PrimExpr position, List<? extends PrimExpr> extents) {
    List<PrimExpr> indices = new ArrayList<>(extents.size());
    PrimExpr stride = IntImm.of(1);
    for (int i = extents.size() - 1; i >= 0; i--) {
      PrimExpr above = position.floorDiv(stride);
      indices.addFirst(i == 0 ? above : above.floorMod(extents.get(i)));
      stride = stride.times(extents.get(i));
    }
    return indices;
  }

  /** The term at the index {@code which}, of the same type as the others. */
  public static PrimExpr choose(PrimExpr which, List<PrimExpr> terms) {
    PrimExpr chosen = terms.getLast();
    for (int k = terms.size() - 2; k >= 0; k--) {
      chosen = Select.of(which.equalTo(IntImm.of(k)), terms.get(k), chosen);
    }
    return chosen;
  }
}
