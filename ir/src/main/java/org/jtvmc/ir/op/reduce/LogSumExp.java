package org.jtvmc.ir.op.reduce;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** {@code log(sum(exp(x)))}; the largest element is taken off first, so that nothing overflows. */
public final class LogSumExp extends TensorOperator {

  public LogSumExp() {
    super("logsumexp", FusionKind.REDUCTION, List.of("data"), AxisAttributes.SPECS);
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    Shapes.requireFloat(arguments.getFirst(), "data");
    return AxisAttributes.result(arguments.getFirst(), attributes);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    DType dtype = data.dtype();
    DType accumulator = dtype.bits() < 32 ? DType.F32 : dtype;

    List<Axis> axes = Axes.of(result);
    List<Axis> reduceAxes = new ArrayList<>();
    PrimExpr element = data.at(AxisAttributes.split(data, attributes, axes, reduceAxes));
    Tensor largest =
        Tensor.reduce("logsumexp_max", Reducer.MAX, axes, reduceAxes, element.cast(accumulator));

    // An infinite maximum would make the differences NaN.
    List<Axis> outer = Axes.of(result);
    PrimExpr maximum = largest.at(Axes.vars(outer));
    Tensor offset =
        Tensor.map(
            "logsumexp_offset",
            outer,
            Select.of(
                Intrinsic.of(IntrinsicOp.IS_INF, maximum), IntImm.of(accumulator, 0), maximum));

    axes = Axes.of(result);
    reduceAxes = new ArrayList<>();
    element = data.at(AxisAttributes.split(data, attributes, axes, reduceAxes));
    PrimExpr difference = element.cast(accumulator).minus(offset.at(Axes.vars(axes)));
    Tensor sum =
        Tensor.reduce(
            "logsumexp_sum",
            Reducer.SUM,
            axes,
            reduceAxes,
            Intrinsic.of(IntrinsicOp.EXP, difference));

    outer = Axes.of(result);
    PrimExpr value =
        Intrinsic.of(IntrinsicOp.LOG, sum.at(Axes.vars(outer))).plus(offset.at(Axes.vars(outer)));
    return List.of(Tensor.map("logsumexp", outer, value.cast(dtype)));
  }
}
