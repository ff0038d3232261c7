package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** Puts in dimensions of size 1. */
public final class ExpandDims extends TensorOperator {

  public ExpandDims() {
    super(
        "expand_dims",
        FusionKind.BROADCAST,
        List.of("data"),
        List.of(required("axes", "where the new dimensions are in the result")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    List<Long> given = attributes.integers("axes");
    List<Dim> shape = new ArrayList<>(data.shape());
    for (int axis : Shapes.axes(given, data.rank() + given.size())) {
      shape.add(axis, Dim.of(1));
    }
    return data.withShape(shape);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    return List.of(Reindexing.reshape(inputs.getFirst(), (TensorType) result, "expand_dims"));
  }
}
