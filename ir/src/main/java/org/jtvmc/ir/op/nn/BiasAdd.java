package org.jtvmc.ir.op.nn;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** Adds {@code bias[i]} to every element whose index along {@code axis} is {@code i}. */
public final class BiasAdd extends TensorOperator {

  public BiasAdd() {
    super(
        "nn.bias_add",
        FusionKind.BROADCAST,
        List.of("data", "bias"),
        List.of(optional("axis", 1, "the dimension that the bias belongs to")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    Shapes.commonDType(arguments);
    Shapes.requireShape(arguments.get(1), "bias", List.of(data.dim(axis)));
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    List<Axis> axes = Axes.of(data.shape());
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    return List.of(
        Tensor.map(
            "bias_add",
            axes,
            data.at(Axes.vars(axes)).plus(inputs.get(1).at(axes.get(axis).var()))));
  }
}
