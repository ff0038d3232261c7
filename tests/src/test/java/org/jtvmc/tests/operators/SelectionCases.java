package org.jtvmc.tests.operators;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Operators that choose elements by what they are, so that a run decides over sizes. */
final class SelectionCases {
  private static final DType[] ELEMENTS = {DType.F32, DType.I64, DType.I32, DType.U8, DType.BOOL};

  private SelectionCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("NonZero", SelectionCases::nonZero),
        OperatorCase.of("Compress", SelectionCases::compress),
        OperatorCase.of("Unique", SelectionCases::unique),
        OperatorCase.of("NonMaxSuppression", SelectionCases::nonMaxSuppression));
  }

  private static OneNodeModel nonZero(Draw d) {
    NDArray data = d.array(d.choose(ELEMENTS), d.shape(d.between(1, 4), 5));
    d.sprinkle(data, 0);
    return new OneNodeModel("NonZero").input(d.sprinkle(data, data.dtype().isFloat() ? -0.0 : 0));
  }

  private static OneNodeModel compress(Draw d) {
    int rank = d.between(1, 3);
    long[] shape = d.shape(rank, 5);
    OneNodeModel model = new OneNodeModel("Compress").input(d.array(d.choose(ELEMENTS), shape));
    if (d.coin()) {
      int axis = d.axis(rank);
      int length = d.between(1, (int) shape[Math.floorMod(axis, rank)]);
      return model.input(d.integers(DType.BOOL, 0, 1, length)).integer("axis", axis);
    }
    return model.input(d.integers(DType.BOOL, 0, 1, d.between(1, (int) shape[0])));
  }

  private static OneNodeModel unique(Draw d) {
    int rank = d.between(1, 3);
    NDArray data = d.integers(d.choose(DType.F32, DType.I64, DType.I8), -2, 2, d.shape(rank, 4));
    OneNodeModel model = new OneNodeModel("Unique").input(data).outputs(4);
    if (d.coin()) {
      model.integer("axis", d.axis(rank));
    }
    return model.flag("sorted", d.coin());
  }

  private static OneNodeModel nonMaxSuppression(Draw d) {
    long batches = d.between(1, 2);
    long boxes = d.between(1, 12);
    NDArray scores = d.reals(DType.F32, 0, 1, batches, d.between(1, 3), boxes);
    OneNodeModel model =
        new OneNodeModel("NonMaxSuppression")
            .input(d.reals(DType.F32, 0.1, 2, batches, boxes, 4))
            .input(d.coin() ? scores : d.sprinkle(scores, 0.5));
    NDArray most = NDArray.ofLongs(List.of((long) d.between(0, 8)));
    return (d.coin() ? model.weight(most) : model.input(most))
        .input(scalar(d.real(0, 0.8)))
        .input(scalar(d.real(0, 0.4)))
        .flag("center_point_box", d.coin());
  }

  private static NDArray scalar(float value) {
    return NDArray.ofFloats(TensorType.of(DType.F32, 1), value);
  }
}
