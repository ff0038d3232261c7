package org.jtvmc.ir.op.math;

import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** The bits of each element read as another type of the same size; a bool is the byte 0 or 1. */
public final class BitCast extends TensorOperator {

  public BitCast() {
    super(
        "bit_cast",
        FusionKind.ELEMENTWISE,
        List.of("x"),
        List.of(required("dtype", "the element type of the result")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    DType from = arguments.getFirst().dtype();
    DType to = attributes.dtype("dtype");
    if (from.bytes() != to.bytes()) {
      throw new TypeException("the bits of a %s are no %s".formatted(from, to));
    }
    return arguments.getFirst().withDType(to);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor x = inputs.getFirst();
    DType to = attributes.dtype("dtype");
    List<Axis> axes = Axes.of(x.shape());
    PrimExpr value = x.at(Axes.vars(axes));
    PrimExpr bits = x.dtype().isBool() ? value.cast(DType.U8) : value;
    PrimExpr read =
        to.isBool() ? Reinterpret.of(DType.U8, bits).cast(to) : Reinterpret.of(to, bits);
    return List.of(Tensor.map(name(), axes, read));
  }
}
