package org.jtvmc.ir.op.math;

import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** {@code min(max(x, a_min), a_max)}; a bound that is infinite is none. */
public final class Clip extends TensorOperator {

  public Clip() {
    super(
        "clip",
        FusionKind.ELEMENTWISE,
        List.of("x"),
        List.of(
            optional("a_min", Double.NEGATIVE_INFINITY, "the lower bound"),
            optional("a_max", Double.POSITIVE_INFINITY, "the upper bound")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType x = arguments.getFirst();
    ElementDomain.NUMBER.require(x.dtype());
    attributes.real("a_min");
    attributes.real("a_max");
    return x;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor x = inputs.getFirst();
    List<Axis> axes = Axes.of(x.shape());
    PrimExpr value = x.at(Axes.vars(axes));
    if (attributes.real("a_min") != Double.NEGATIVE_INFINITY) {
      value = value.max(bound(attributes, "a_min", x.dtype()));
    }
    if (attributes.real("a_max") != Double.POSITIVE_INFINITY) {
      value = value.min(bound(attributes, "a_max", x.dtype()));
    }
    return List.of(Tensor.map(name(), axes, value));
  }

  private static PrimExpr bound(Attributes attributes, String name, DType dtype) {
    if (dtype.isFloat()) {
      return new FloatImm(dtype, attributes.real(name));
    }
    boolean exact = attributes.values().get(name) instanceof AttributeValue.Int;
    return new IntImm(dtype, exact ? attributes.integer(name) : (long) attributes.real(name));
  }
}
