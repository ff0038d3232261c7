package org.jtvmc.tests.operators;

import java.util.Arrays;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Transforms of signals and images whose axes, lengths or sizes are inputs. */
final class TransformsAtRunTimeCases {

  private TransformsAtRunTimeCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("DFT at run time", TransformsAtRunTimeCases::fourier),
        OperatorCase.of("STFT at run time", TransformsAtRunTimeCases::shortTime),
        OperatorCase.of("MelWeightMatrix at run time", TransformsAtRunTimeCases::mel),
        OperatorCase.of("Col2Im at run time", TransformsAtRunTimeCases::columns),
        OperatorCase.of("MaxUnpool at run time", TransformsAtRunTimeCases::unpool));
  }

  private static NDArray longs(long... values) {
    return NDArray.ofLongs(Arrays.stream(values).boxed().toList());
  }

  private static NDArray scalar(long value) {
    return longs(value).reshape(TensorType.of(DType.I64));
  }

  private static NDArray scalar(double value) {
    return NDArray.scalar(DType.F32, value);
  }

  /** Cut, padded or as it is, along any axis but the last. */
  private static OneNodeModel fourier(Draw d) {
    int rank = d.between(2, 4);
    long[] shape = d.longs(rank, 1, 6);
    boolean inverse = d.coin();
    boolean oneSided = !inverse && d.coin();
    shape[rank - 1] = oneSided ? 1 : d.between(1, 2);
    if (inverse) {
      shape[rank - 1] = 2;
    }
    int axis = d.between(0, rank - 2);
    OneNodeModel model = new OneNodeModel("DFT").opset(20).input(d.floats(shape));
    model = d.coin() ? model.input(scalar(d.between(1, 9))) : model.absent();
    return model
        .input(scalar(d.coin() ? axis : axis - rank))
        .flag("inverse", inverse)
        .flag("onesided", oneSided);
  }

  private static OneNodeModel shortTime(Draw d) {
    long window = d.between(2, 7);
    OneNodeModel model =
        new OneNodeModel("STFT")
            .opset(17)
            .input(d.floats(d.between(1, 3), window + d.between(0, 20), 1))
            .input(scalar(d.between(1, 5)));
    model = d.coin() ? model.input(d.floats(window)) : model.absent();
    return model.input(scalar(window)).flag("onesided", d.coin());
  }

  private static OneNodeModel mel(Draw d) {
    double high = d.between(2000, 8000);
    return new OneNodeModel("MelWeightMatrix")
        .opset(17)
        .input(scalar(d.between(1, 12)))
        .input(scalar(2L * d.between(8, 40)))
        .input(scalar(16384L))
        .input(scalar(d.real(0, 500)))
        .input(scalar(high));
  }

  /** In three dimensions ONNX Runtime skips places of some blocks. */
  private static OneNodeModel columns(Draw d) {
    int rank = d.between(1, 2);
    long[] image = d.longs(rank, 4, 7);
    long[] block = d.longs(rank, 1, 3);
    long[] strides = d.longs(rank, 1, 2);
    long[] dilations = d.longs(rank, 1, 2);
    long[] pads = d.longs(2 * rank, 0, 1);
    long blocks = 1;
    long elements = 1;
    for (int i = 0; i < rank; i++) {
      long reach = dilations[i] * (block[i] - 1) + 1;
      blocks *= (image[i] + pads[i] + pads[rank + i] - reach) / strides[i] + 1;
      elements *= block[i];
    }
    return new OneNodeModel("Col2Im")
        .opset(18)
        .input(d.floats(d.between(1, 2), d.between(1, 3) * elements, blocks))
        .input(longs(image))
        .input(longs(block))
        .integers("strides", strides)
        .integers("dilations", dilations)
        .integers("pads", pads);
  }

  /** Each element goes to a place of its own in the image that its pooling would have had. */
  private static OneNodeModel unpool(Draw d) {
    long height = d.between(1, 4);
    long width = d.between(1, 4);
    long[] places = new long[Math.toIntExact(2 * height * width)];
    for (int i = 0; i < places.length; i++) {
      places[i] = 4L * i + d.between(0, 3);
    }
    return new OneNodeModel("MaxUnpool")
        .opset(11)
        .input(d.floats(1, 2, height, width))
        .input(longs(places).reshape(TensorType.of(DType.I64, 1, 2, height, width)))
        .input(longs(1, 2, 2 * height, 2 * width))
        .integers("kernel_shape", 2, 2)
        .integers("strides", 2, 2);
  }
}
