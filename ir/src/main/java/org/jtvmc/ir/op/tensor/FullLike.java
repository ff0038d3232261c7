package org.jtvmc.ir.op.tensor;

import java.util.List;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** One value everywhere, in the shape and type of another tensor. */
public final class FullLike extends TensorOperator {

  private FullLike(String name, AttributeSpec value) {
    super(name, FusionKind.ELEMENTWISE, List.of("data"), List.of(value));
  }

  /** Zeros, ones, and any value. */
  public static List<Operator> all() {
    return List.of(
        new FullLike("zeros_like", constant(0)),
        new FullLike("ones_like", constant(1)),
        new FullLike("full_like", required("value", "the value")));
  }

  private static AttributeSpec constant(long value) {
    return new AttributeSpec("value", new AttributeValue.Int(value), "the value");
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    Literal.of(attributes, "value", arguments.getFirst().dtype());
    return arguments.getFirst();
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    DType dtype = ((TensorType) result).dtype();
    return List.of(Tensor.map(name(), Axes.of(result), Literal.of(attributes, "value", dtype)));
  }
}
