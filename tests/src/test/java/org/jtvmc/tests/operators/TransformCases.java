package org.jtvmc.tests.operators;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** What samples, sorts and sums along axes. */
final class TransformCases {

  private TransformCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("TopK", TransformCases::topK),
        OperatorCase.of("GridSample", TransformCases::gridSample),
        OperatorCase.of("ReverseSequence", TransformCases::reverseSequence),
        OperatorCase.of("TopK of many", TransformCases::topOfMany),
        OperatorCase.of("DFT", TransformCases::fourier),
        OperatorCase.of("CenterCropPad", TransformCases::centre),
        OperatorCase.of("NegativeLogLikelihoodLoss", d -> loss(d, "NegativeLogLikelihoodLoss")),
        OperatorCase.of("SoftmaxCrossEntropyLoss", d -> loss(d, "SoftmaxCrossEntropyLoss")),
        OperatorCase.of(
            "DynamicQuantizeLinear",
            d ->
                new OneNodeModel("DynamicQuantizeLinear")
                    .outputs(3)
                    .input(d.floats(d.shape(3, 5)))),
        OperatorCase.of(
            "Det",
            d -> {
              int size = d.between(1, 4);
              return new OneNodeModel("Det").input(d.floats(d.between(1, 3), size, size));
            }));
  }

  private static OneNodeModel topOfMany(Draw d) {
    long[] shape = {d.between(1, 2), d.between(257, 600), d.between(1, 2)};
    NDArray data =
        d.coin() ? d.floats(shape) : d.integers(d.choose(DType.I64, DType.I32), 0, 100, shape);
    return new OneNodeModel("TopK")
        .outputs(2)
        .input(data)
        .weight(d.between(1, 257))
        .integer("axis", 1)
        .flag("largest", d.coin());
  }

  private static OneNodeModel topK(Draw d) {
    int rank = d.between(1, 3);
    long[] shape = d.longs(rank, 2, 7);
    int axis = d.axis(rank);
    long size = shape[axis < 0 ? axis + rank : axis];
    return new OneNodeModel("TopK")
        .outputs(2)
        .input(d.array(d.choose(DType.F32, DType.I64), shape))
        .weight((long) d.between(1, (int) size))
        .integer("axis", axis)
        .flag("largest", d.coin());
  }

  private static OneNodeModel gridSample(Draw d) {
    long[] shape = d.longs(4, 2, 5);
    return new OneNodeModel("GridSample")
        .opset(20)
        .input(d.floats(shape))
        .input(d.reals(DType.F32, -1.4, 1.4, shape[0], d.between(1, 4), d.between(1, 4), 2))
        .text("mode", d.choose("nearest", "linear", "cubic"))
        .text("padding_mode", d.choose("zeros", "border", "reflection"))
        .flag("align_corners", d.coin());
  }

  private static OneNodeModel reverseSequence(Draw d) {
    int time = d.between(1, 5);
    int batch = d.between(1, 4);
    boolean batchFirst = d.coin();
    return new OneNodeModel("ReverseSequence")
        .input(batchFirst ? d.floats(batch, time, 3) : d.floats(time, batch, 3))
        .input(d.integers(DType.I64, 1, time, batch))
        .integer("batch_axis", batchFirst ? 0 : 1)
        .integer("time_axis", batchFirst ? 1 : 0);
  }

  private static OneNodeModel fourier(Draw d) {
    boolean inverse = d.coin();
    return new OneNodeModel("DFT")
        .opset(20)
        .input(d.floats(d.between(1, 3), d.between(2, 9), inverse ? 2 : d.between(1, 2)))
        .flag("inverse", inverse);
  }

  private static OneNodeModel centre(Draw d) {
    return new OneNodeModel("CenterCropPad")
        .opset(18)
        .input(d.floats(d.longs(3, 1, 6)))
        .weight(d.longs(3, 1, 6));
  }

  private static OneNodeModel loss(Draw d, String name) {
    int classes = d.between(2, 5);
    int batch = d.between(1, 4);
    int size = d.between(1, 3);
    OneNodeModel model =
        new OneNodeModel(name)
            .input(d.floats(batch, classes, size))
            .input(d.integers(DType.I64, 0, classes - 1, batch, size))
            .text("reduction", d.choose("none", "sum", "mean"));
    if (d.coin()) {
      model.integer("ignore_index", 0);
    }
    return d.coin() ? model.weight(d.reals(DType.F32, 0.1, 2, classes)) : model;
  }
}
