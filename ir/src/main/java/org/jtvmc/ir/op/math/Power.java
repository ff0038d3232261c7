package org.jtvmc.ir.op.math;

import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** {@code base ^ exponent} in the base's type; the exponent may be of another. */
public final class Power extends TensorOperator {

  public Power() {
    super("power", FusionKind.BROADCAST, List.of("base", "exponent"), List.of());
  }

  @Override
  public FusionKind fusionKind(List<Type> arguments, Attributes attributes) {
    return BinaryElementwise.kind(arguments);
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType base = arguments.get(0);
    ElementDomain.NUMBER.require(base.dtype());
    ElementDomain.NUMBER.require(arguments.get(1).dtype());
    return base.withShape(Shapes.broadcast(base.shape(), arguments.get(1).shape()));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    List<Axis> axes = Axes.of(result);
    DType dtype = inputs.get(0).dtype();
    DType through = dtype.isFloat() ? dtype : DType.F64;
    PrimExpr power =
        Intrinsic.of(
            IntrinsicOp.POW,
            Axes.readBroadcast(inputs.get(0), axes).cast(through),
            Axes.readBroadcast(inputs.get(1), axes).cast(through));
    // A power of integers is whole, whatever the last place of the function is.
    boolean whole = dtype.isInteger() && inputs.get(1).dtype().isInteger();
    PrimExpr value =
        whole
            ? Intrinsic.of(IntrinsicOp.ROUND, power)
            : dtype.isInteger() ? wholeIfAlmost(power) : power;
    return List.of(Tensor.map(name(), axes, value.cast(dtype)));
  }

  /** The nearest integer where only the last places are in between: 728.9999999 is 729. */
  private static PrimExpr wholeIfAlmost(PrimExpr power) {
    PrimExpr nearest = Intrinsic.of(IntrinsicOp.ROUND, power);
    PrimExpr difference = Intrinsic.of(IntrinsicOp.ABS, power.minus(nearest));
    PrimExpr size = Intrinsic.of(IntrinsicOp.ABS, power);
    PrimExpr lastPlaces = size.times(new FloatImm(power.dtype(), 0x1p-48));
    return Select.of(lastPlaces.lessThan(difference), power, nearest);
  }
}
