package org.jtvmc.ir.op.nn;

import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * Batch normalisation as at inference, with known mean and variance per channel: {@code (x - mean)
 * * gamma / sqrt(variance + epsilon) + beta}.
 */
public final class BatchNorm extends TensorOperator {

  public BatchNorm() {
    super(
        "nn.batch_norm",
        FusionKind.BROADCAST,
        List.of("data", "gamma", "beta", "mean", "variance"),
        List.of(
            optional("axis", 1, "the channels"),
            optional("epsilon", 1e-5, "what is added to the variance")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Shapes.requireFloat(data, "data");
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    attributes.real("epsilon");
    for (int i = 1; i < arguments.size(); i++) {
      Shapes.requireFloat(arguments.get(i), parameters().get(i));
      Shapes.requireShape(arguments.get(i), parameters().get(i), List.of(data.dim(axis)));
    }
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Tensor gamma = inputs.get(1);
    Tensor variance = inputs.get(4);
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());

    Axis channel = Axis.of("c", data.dim(axis));
    PrimExpr root =
        Intrinsic.of(
            IntrinsicOp.SQRT,
            variance
                .at(channel.var())
                .plus(new FloatImm(variance.dtype(), attributes.real("epsilon"))));
    Tensor scale =
        Tensor.map(
            "batch_norm_scale",
            List.of(channel),
            gamma.at(channel.var()).cast(variance.dtype()).dividedBy(root).cast(data.dtype()));

    List<Axis> axes = Axes.of(data.shape());
    PrimExpr c = axes.get(axis).var();
    PrimExpr value =
        data.at(Axes.vars(axes))
            .minus(inputs.get(3).at(c).cast(data.dtype()))
            .times(scale.at(c))
            .plus(inputs.get(2).at(c).cast(data.dtype()));
    return List.of(Tensor.map("batch_norm", axes, value));
  }
}
