package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.List;
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

/** The elements in the opposite order along an axis. */
public final class Reverse extends TensorOperator {

  public Reverse() {
    super(
        "reverse",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(optional("axis", 0, "the dimension that is turned around")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Shapes.axis(attributes.integer("axis"), data.rank());
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    List<Axis> axes = Axes.of(data.shape());
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
    indices.set(axis, data.dim(axis).minus(1).minus(axes.get(axis).var()));
    return List.of(Tensor.map("reverse", axes, data.at(indices)));
  }
}
