package org.jtvmc.ir.op.tensor;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** The sizes of a tensor as an {@code int64} tensor. */
public final class ShapeOf extends TensorOperator {

  public ShapeOf() {
    super("shape_of", FusionKind.INJECTIVE, List.of("data"), List.of());
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    return TensorType.of(DType.I64, arguments.getFirst().rank());
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    List<Axis> axes = Axes.of(result);
    PrimExpr size = IntImm.of(0);
    for (int i = data.rank() - 1; i >= 0; i--) {
      PrimExpr isThis = axes.getFirst().var().equalTo(IntImm.of(i));
      size = i == data.rank() - 1 ? data.dim(i) : Select.of(isThis, data.dim(i), size);
    }
    return List.of(Tensor.map("shape_of", axes, size));
  }
}
