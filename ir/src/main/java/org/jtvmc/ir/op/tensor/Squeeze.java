package org.jtvmc.ir.op.tensor;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** Takes out dimensions of size 1. */
public final class Squeeze extends TensorOperator {

  public Squeeze() {
    super(
        "squeeze",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(optionalList("axis", "what is taken out; empty for all of size 1")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    List<Long> given = attributes.integers("axis");
    if (given.isEmpty()) {
      return data.withShape(data.shape().stream().filter(d -> !Shapes.isOne(d)).toList());
    }
    List<Integer> axes = Shapes.axes(given, data.rank());
    for (int axis : axes) {
      if (Shapes.conflict(data.dim(axis), Dim.of(1))) {
        throw new TypeException(
            "dimension %d of size %s cannot be taken out".formatted(axis, data.dim(axis)));
      }
    }
    return data.withShape(Shapes.reduce(data.shape(), axes, false));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    return List.of(Reindexing.reshape(inputs.getFirst(), (TensorType) result, "squeeze"));
  }
}
