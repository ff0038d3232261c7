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
import org.jtvmc.ir.type.TypeException;

/** Each element several times in a row along an axis. */
public final class Repeat extends TensorOperator {

  public Repeat() {
    super(
        "repeat",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(
            required("repeats", "how often each element occurs"),
            optional("axis", 0, "the dimension that grows")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    long repeats = attributes.integer("repeats");
    if (repeats < 1) {
      throw new TypeException("repeats is %d, but must be positive".formatted(repeats));
    }
    return data.withShape(Shapes.replace(data.shape(), axis, data.dim(axis).times(repeats)));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    List<Axis> axes = Axes.of(result);
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
    indices.set(axis, axes.get(axis).var().floorDiv(attributes.integer("repeats")));
    return List.of(Tensor.map("repeat", axes, data.at(indices)));
  }
}
