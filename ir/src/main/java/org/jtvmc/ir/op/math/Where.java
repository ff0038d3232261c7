package org.jtvmc.ir.op.math;

import java.util.List;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** {@code condition ? x : y}; all three broadcast. */
public final class Where extends TensorOperator {

  public Where() {
    super("where", FusionKind.BROADCAST, List.of("condition", "x", "y"), List.of());
  }

  @Override
  public FusionKind fusionKind(List<Type> arguments, Attributes attributes) {
    return BinaryElementwise.kind(arguments);
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType condition = arguments.get(0);
    TensorType x = arguments.get(1);
    TensorType y = arguments.get(2);
    ElementDomain.BOOL.require(condition.dtype());
    Shapes.commonDType(List.of(x, y));
    return x.withShape(Shapes.broadcast(condition.shape(), Shapes.broadcast(x.shape(), y.shape())));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    List<Axis> axes = Axes.of(result);
    return List.of(
        Tensor.map(
            name(),
            axes,
            Select.of(
                Axes.readBroadcast(inputs.get(0), axes),
                Axes.readBroadcast(inputs.get(1), axes),
                Axes.readBroadcast(inputs.get(2), axes))));
  }
}
