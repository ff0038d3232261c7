package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * {@code exp(x) / sum(exp(x))} along an axis, and its logarithm; the largest element is taken off
 * first, so that nothing overflows.
 */
public final class Softmax extends TensorOperator {
  private final boolean logarithm;

  private Softmax(String name, boolean logarithm) {
    super(
        name,
        FusionKind.REDUCTION,
        List.of("data"),
        List.of(optional("axis", -1, "the dimension that sums to one")));
    this.logarithm = logarithm;
  }

  /** Both variants. */
  public static List<Operator> all() {
    return List.of(new Softmax("nn.softmax", false), new Softmax("nn.log_softmax", true));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Shapes.requireFloat(data, "data");
    Shapes.axis(attributes.integer("axis"), data.rank());
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    DType accumulator = Accumulation.of(data.dtype());
    List<PrimExpr> outerExtents = new ArrayList<>(data.shape());
    outerExtents.remove(axis);

    List<Axis> outer = Axes.of(outerExtents);
    Axis k = Axis.of("k", data.dim(axis));
    Tensor largest =
        Tensor.reduce(
            "softmax_max",
            Reducer.MAX,
            outer,
            List.of(k),
            data.at(inserted(outer, axis, k.var())).cast(accumulator));

    List<Axis> axes = Axes.of(data.shape());
    PrimExpr difference = difference(data, largest, axes, axis);
    Tensor exp = Tensor.map("softmax_exp", axes, Intrinsic.of(IntrinsicOp.EXP, difference));

    outer = Axes.of(outerExtents);
    Axis j = Axis.of("k", data.dim(axis));
    Tensor sum =
        Tensor.reduce(
            "softmax_sum", Reducer.SUM, outer, List.of(j), exp.at(inserted(outer, axis, j.var())));

    axes = Axes.of(data.shape());
    PrimExpr total = sum.at(without(axes, axis));
    PrimExpr value =
        logarithm
            ? difference(data, largest, axes, axis).minus(Intrinsic.of(IntrinsicOp.LOG, total))
            : exp.at(Axes.vars(axes)).times(reciprocal(total));
    return List.of(
        Tensor.map(logarithm ? "log_softmax" : "softmax", axes, value.cast(data.dtype())));
  }

  /** One division for all that share the sum. */
  private static PrimExpr reciprocal(PrimExpr total) {
    return new FloatImm(total.dtype(), 1).dividedBy(total);
  }

  private static PrimExpr difference(Tensor data, Tensor largest, List<Axis> axes, int axis) {
    return data.at(Axes.vars(axes)).cast(largest.dtype()).minus(largest.at(without(axes, axis)));
  }

  private static List<PrimExpr> inserted(List<Axis> outer, int axis, PrimExpr index) {
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(outer));
    indices.add(axis, index);
    return indices;
  }

  private static List<PrimExpr> without(List<Axis> axes, int axis) {
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
    indices.remove(axis);
    return indices;
  }
}
