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

/**
 * One element per index: the element at the index's own position, but at the index along the axis.
 * ONNX's GatherElements. Negative indices count from the end; those outside are clamped.
 */
public final class Gather extends TensorOperator {

  public Gather() {
    super(
        "gather",
        FusionKind.INJECTIVE,
        List.of("data", "indices"),
        List.of(optional("axis", 0, "the dimension that is indexed")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType indices = arguments.get(1);
    Indexing.requireIndices(indices);
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    if (indices.rank() != data.rank()) {
      throw new TypeException(
          "data and indices must have equally many dimensions, not %d and %d"
              .formatted(data.rank(), indices.rank()));
    }
    for (int i = 0; i < data.rank(); i++) {
      boolean known = i != axis && data.dim(i).isKnown() && indices.dim(i).isKnown();
      if (known && indices.dim(i).value() > data.dim(i).value()) {
        throw new TypeException("the indices have more elements than the data in dimension " + i);
      }
    }
    return data.withShape(indices.shape());
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    List<Axis> axes = Axes.of(result);
    List<PrimExpr> position = new ArrayList<>(Axes.vars(axes));
    PrimExpr index = inputs.get(1).at(Axes.vars(axes));
    position.set(axis, Indexing.inside(index, data.dim(axis)));
    return List.of(Tensor.map("gather", axes, data.at(position)));
  }
}
