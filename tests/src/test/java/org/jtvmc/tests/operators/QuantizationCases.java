package org.jtvmc.tests.operators;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** Quantisation, for the tensor and per channel. */
final class QuantizationCases {

  private QuantizationCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("QuantizeLinear", QuantizationCases::quantize),
        OperatorCase.of("DequantizeLinear", QuantizationCases::dequantize),
        OperatorCase.of("QuantizeLinear of a vector", d -> vector(d, "QuantizeLinear")),
        OperatorCase.of("DequantizeLinear of a vector", d -> vector(d, "DequantizeLinear")));
  }

  private static OneNodeModel quantize(Draw d) {
    boolean perChannel = d.coin();
    long[] shape = d.shape(3, 4);
    long[] parameters = perChannel ? new long[] {shape[1]} : new long[0];
    DType type = d.choose(DType.U8, DType.I8);
    return new OneNodeModel("QuantizeLinear")
        .input(d.reals(DType.F32, -20, 20, shape))
        .weight(d.reals(DType.F32, 0.05, 0.3, parameters))
        .weight(d.integers(type, 0, 100, parameters))
        .integer("axis", d.choose(1, -2));
  }

  /** With a vector of one for a scale, and the axis that is not said, which the data lacks. */
  private static OneNodeModel vector(Draw d, String operator) {
    int size = d.between(1, 9);
    NDArray data =
        operator.equals("QuantizeLinear")
            ? d.reals(DType.F32, -20, 20, size)
            : d.integers(DType.I8, -128, 127, size);
    return new OneNodeModel(operator)
        .input(data)
        .weight(d.reals(DType.F32, 0.05, 0.3, 1))
        .weight(d.integers(DType.I8, -9, 9, 1));
  }

  private static OneNodeModel dequantize(Draw d) {
    boolean perChannel = d.coin();
    long[] shape = d.shape(3, 4);
    long[] parameters = perChannel ? new long[] {shape[2]} : new long[0];
    DType type = d.choose(DType.U8, DType.I8);
    OneNodeModel model =
        new OneNodeModel("DequantizeLinear")
            .input(d.integers(type, 0, 127, shape))
            .weight(d.reals(DType.F32, 0.05, 0.3, parameters))
            .integer("axis", d.choose(2, -1));
    return d.coin() ? model : model.weight(d.integers(type, 0, 100, parameters));
  }
}
