package org.jtvmc.ir.op.tensor;

import java.util.List;
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

/** Repeats along dimensions of size 1 and new leading ones; both ways, as ONNX's Expand. */
public final class BroadcastTo extends TensorOperator {

  public BroadcastTo() {
    super(
        "broadcast_to",
        FusionKind.BROADCAST,
        List.of("data"),
        List.of(required("shape", "the shape to broadcast with")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    List<Dim> wanted = attributes.sizes("shape");
    return data.withShape(Shapes.broadcast(data.shape(), wanted));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    List<Axis> axes = Axes.of(result);
    return List.of(Tensor.map("broadcast_to", axes, Axes.readBroadcast(inputs.getFirst(), axes)));
  }
}
