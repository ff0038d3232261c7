package org.jtvmc.ir.op.tensor;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** One value everywhere, in a shape that is given. */
public final class Full extends TensorOperator {

  public Full() {
    super(
        "full",
        FusionKind.ELEMENTWISE,
        List.of(),
        List.of(
            required("shape", "the sizes"),
            required("dtype", "the element type"),
            optional("value", 0, "the value")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    Literal.of(attributes, "value", attributes.dtype("dtype"));
    return new TensorType(attributes.sizes("shape"), attributes.dtype("dtype"));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    return List.of(
        Tensor.map(
            "full", Axes.of(result), Literal.of(attributes, "value", attributes.dtype("dtype"))));
  }
}
