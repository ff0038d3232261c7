package org.jtvmc.ir.op.quantize;

import java.util.List;
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

/** {@code (x - zero_point) * scale} in the scale's type. ONNX's DequantizeLinear. */
public final class Dequantize extends TensorOperator {

  public Dequantize() {
    super(
        "dequantize",
        FusionKind.BROADCAST,
        List.of("data", "scale", "zero_point"),
        List.of(optional("axis", 1, "the channels, where there is a scale for each")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType scale = arguments.get(1);
    Shapes.requireFloat(scale, "scale");
    Shapes.commonDType(List.of(data, arguments.get(2)));
    if (!data.dtype().isInteger() || data.dtype().bits() > 32) {
      throw new TypeException("the data must be integers of up to 32 bits, not " + data.dtype());
    }
    QuantizationParameters.require(scale, "scale", data, attributes);
    QuantizationParameters.require(arguments.get(2), "zero point", data, attributes);
    return data.withDType(scale.dtype());
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    DType dtype = ((TensorType) result).dtype();
    DType real = dtype.bits() < 32 ? DType.F32 : dtype;
    List<Axis> axes = Axes.of(data.shape());
    PrimExpr scale = QuantizationParameters.read(inputs.get(1), axes, attributes).cast(real);
    PrimExpr zeroPoint = QuantizationParameters.read(inputs.get(2), axes, attributes);
    PrimExpr difference = data.at(Axes.vars(axes)).cast(DType.I32).minus(zeroPoint.cast(DType.I32));
    return List.of(Tensor.map("dequantize", axes, difference.cast(real).times(scale).cast(dtype)));
  }
}
