package org.jtvmc.ir.op.nn;

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
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** {@code x < 0 ? slope * x : x} with a slope that broadcasts to the data. */
public final class Prelu extends TensorOperator {

  public Prelu() {
    super("nn.prelu", FusionKind.BROADCAST, List.of("data", "slope"), List.of());
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    Shapes.commonDType(arguments);
    if (!Shapes.broadcast(data.shape(), arguments.get(1).shape()).equals(data.shape())) {
      throw new TypeException(
          "the slope %s does not broadcast to the data".formatted(arguments.get(1)));
    }
    return data;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    List<Axis> axes = Axes.of(data.shape());
    PrimExpr x = data.at(Axes.vars(axes));
    PrimExpr slope = Axes.readBroadcast(inputs.get(1), axes);
    return List.of(
        Tensor.map(
            "prelu", axes, Select.of(x.lessThan(IntImm.of(data.dtype(), 0)), x.times(slope), x)));
  }
}
