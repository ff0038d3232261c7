package org.jtvmc.ir.op.nn;

import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;

/** The stages that the normalisations share. */
final class Normalization {

  private Normalization() {}

  /** The mean of {@code body} over the reduce axes, per element of the axes. */
  static Tensor mean(String prefix, List<Axis> axes, List<Axis> reduceAxes, PrimExpr body) {
    Tensor sum = Tensor.reduce(prefix + "_sum", Reducer.SUM, axes, reduceAxes, body);
    List<Axis> outer = renewed(axes);
    PrimExpr mean = sum.at(Axes.vars(outer)).times(reciprocalOfCount(reduceAxes, body.dtype()));
    return Tensor.map(prefix + "_mean", outer, mean);
  }

  /** {@code 1 / sqrt(mean(body) + epsilon)} over the reduce axes. */
  static Tensor inverseRoot(
      String prefix, List<Axis> axes, List<Axis> reduceAxes, PrimExpr body, double epsilon) {
    Tensor sum = Tensor.reduce(prefix + "_squares", Reducer.SUM, axes, reduceAxes, body);
    List<Axis> outer = renewed(axes);
    PrimExpr variance = sum.at(Axes.vars(outer)).times(reciprocalOfCount(reduceAxes, body.dtype()));
    PrimExpr root =
        Intrinsic.of(IntrinsicOp.SQRT, variance.plus(new FloatImm(body.dtype(), epsilon)));
    return Tensor.map(prefix + "_scale", outer, IntImm.of(body.dtype(), 1).dividedBy(root));
  }

  /** Axes of the same names and extents with variables of their own. */
  static List<Axis> renewed(List<Axis> axes) {
    return axes.stream().map(axis -> Axis.of(axis.var().name(), axis.extent())).toList();
  }

  /** One over the number of elements that are reduced. */
  static PrimExpr reciprocalOfCount(List<Axis> reduceAxes, DType dtype) {
    PrimExpr count = Sizes.product(reduceAxes.stream().map(Axis::extent).toList());
    return count instanceof IntImm number
        ? new FloatImm(dtype, 1.0 / number.value())
        : new FloatImm(dtype, 1).dividedBy(count.cast(dtype));
  }
}
