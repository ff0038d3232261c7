package org.jtvmc.ir.op.math;

import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** Whether an element is an infinity of one of the wanted signs. */
public final class IsInfinite extends TensorOperator {

  public IsInfinite() {
    super(
        "is_inf",
        FusionKind.ELEMENTWISE,
        List.of("x"),
        List.of(
            optional("detect_positive", true, "whether plus infinity counts"),
            optional("detect_negative", true, "whether minus infinity counts")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType x = arguments.getFirst();
    ElementDomain.FLOAT.require(x.dtype());
    return x.withDType(DType.BOOL);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor x = inputs.getFirst();
    List<Axis> axes = Axes.of(x.shape());
    PrimExpr value = x.at(Axes.vars(axes));
    PrimExpr found = IntImm.FALSE;
    if (attributes.bool("detect_positive")) {
      found = found.or(value.equalTo(new FloatImm(x.dtype(), Double.POSITIVE_INFINITY)));
    }
    if (attributes.bool("detect_negative")) {
      found = found.or(value.equalTo(new FloatImm(x.dtype(), Double.NEGATIVE_INFINITY)));
    }
    return List.of(Tensor.map(name(), axes, found));
  }
}
