package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** Tensors of one shape side by side along a new axis. */
public final class Stack extends TensorOperator {

  public Stack() {
    super(
        "stack",
        FusionKind.INJECTIVE,
        List.of("parts"),
        List.of(optional("axis", 0, "where the new dimension is in the result")));
  }

  @Override
  protected boolean isVariadic() {
    return true;
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType first = arguments.getFirst();
    Shapes.commonDType(arguments);
    for (TensorType part : arguments) {
      Shapes.requireShape(part, "part", first.shape());
    }
    List<Dim> shape = new ArrayList<>(first.shape());
    int axis = Shapes.axis(attributes.integer("axis"), first.rank() + 1);
    shape.add(axis, Dim.of(arguments.size()));
    return first.withShape(shape);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    List<Axis> axes = Axes.of(result);
    int axis = Shapes.axis(attributes.integer("axis"), axes.size());
    PrimExpr position = axes.get(axis).var();
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
    indices.remove(axis);
    PrimExpr value = inputs.getLast().at(indices);
    for (int i = inputs.size() - 2; i >= 0; i--) {
      value = Select.of(position.equalTo(IntImm.of(i)), inputs.get(i).at(indices), value);
    }
    return List.of(Tensor.map("stack", axes, value));
  }
}
