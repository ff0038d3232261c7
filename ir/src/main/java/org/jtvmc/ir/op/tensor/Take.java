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
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * Slices along an axis, one per index: the axis is replaced by the dimensions of the indices.
 * ONNX's Gather. Negative indices count from the end; those outside are clamped.
 */
public final class Take extends TensorOperator {

  public Take() {
    super(
        "take",
        FusionKind.INJECTIVE,
        List.of("data", "indices"),
        List.of(optional("axis", 0, "the dimension that is indexed")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    Indexing.requireIndices(arguments.get(1));
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    List<Dim> shape = new ArrayList<>(data.shape());
    shape.remove(axis);
    shape.addAll(axis, arguments.get(1).shape());
    return data.withShape(shape);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Tensor indices = inputs.get(1);
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    List<Axis> axes = Axes.of(result);
    PrimExpr index = indices.at(Axes.vars(axes.subList(axis, axis + indices.rank())));
    List<PrimExpr> position = new ArrayList<>(Axes.vars(axes.subList(0, axis)));
    position.add(Indexing.inside(index, data.dim(axis)));
    position.addAll(Axes.vars(axes.subList(axis + indices.rank(), axes.size())));
    return List.of(Tensor.map("take", axes, data.at(position)));
  }
}
