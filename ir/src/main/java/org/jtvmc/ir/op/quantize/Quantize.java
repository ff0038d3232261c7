package org.jtvmc.ir.op.quantize;

import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
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
import org.jtvmc.ir.type.TypeException;

/**
 * {@code saturate(round(x / scale) + zero_point)}, halves to even, in the zero point's type. ONNX's
 * QuantizeLinear.
 */
public final class Quantize extends TensorOperator {

  public Quantize() {
    super(
        "quantize",
        FusionKind.BROADCAST,
        List.of("data", "scale", "zero_point"),
        List.of(optional("axis", 1, "the channels, where there is a scale for each")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType zeroPoint = arguments.get(2);
    Shapes.requireFloat(data, "data");
    Shapes.commonDType(arguments.subList(0, 2));
    if (!zeroPoint.dtype().isInteger() || zeroPoint.dtype().bits() > 16) {
      throw new TypeException("the zero point must have 8 or 16 bits and is " + zeroPoint.dtype());
    }
    QuantizationParameters.require(arguments.get(1), "scale", data, attributes);
    QuantizationParameters.require(zeroPoint, "zero point", data, attributes);
    return data.withDType(zeroPoint.dtype());
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    DType real = data.dtype().bits() < 32 ? DType.F32 : data.dtype();
    DType dtype = ((TensorType) result).dtype();
    List<Axis> axes = Axes.of(data.shape());
    PrimExpr scale = QuantizationParameters.read(inputs.get(1), axes, attributes).cast(real);
    PrimExpr zeroPoint = QuantizationParameters.read(inputs.get(2), axes, attributes).cast(real);
    PrimExpr rounded =
        Intrinsic.of(IntrinsicOp.ROUND, data.at(Axes.vars(axes)).cast(real).dividedBy(scale));
    boolean signed = dtype.isSigned();
    long values = 1L << dtype.bits();
    PrimExpr saturated =
        rounded
            .plus(zeroPoint)
            .max(new FloatImm(real, signed ? -values / 2 : 0))
            .min(new FloatImm(real, signed ? values / 2 - 1 : values - 1));
    return List.of(Tensor.map("quantize", axes, saturated.cast(dtype)));
  }
}
