package org.jtvmc.tests.operators;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Gathers, scatters and what else is driven by indices. */
final class IndexingCases {
  private static final DType[] INDICES = {DType.I32, DType.I64};

  private IndexingCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("Gather", IndexingCases::gather),
        OperatorCase.of("GatherElements", IndexingCases::gatherElements),
        OperatorCase.of("GatherND", IndexingCases::gatherNd),
        OperatorCase.of("ScatterElements", IndexingCases::scatterElements),
        OperatorCase.of("ScatterND", IndexingCases::scatterNd),
        OperatorCase.of("OneHot", IndexingCases::oneHot),
        OperatorCase.of("Range", IndexingCases::range),
        OperatorCase.of("ConstantOfShape", IndexingCases::constantOfShape));
  }

  private static NDArray indices(Draw d, long size, long... shape) {
    return d.integers(d.choose(INDICES), (int) -size, (int) size - 1, shape);
  }

  private static OneNodeModel gather(Draw d) {
    int rank = d.between(1, 4);
    int axis = d.axis(rank);
    long[] shape = d.shape(rank, 5);
    return new OneNodeModel("Gather")
        .input(d.array(d.choose(DType.F32, DType.I64), shape))
        .input(indices(d, shape[Math.floorMod(axis, rank)], d.shape(d.between(0, 2), 3)))
        .integer("axis", axis);
  }

  private static OneNodeModel gatherElements(Draw d) {
    int rank = d.between(1, 3);
    int axis = d.axis(rank);
    long[] shape = d.shape(rank, 5);
    long[] wanted = new long[rank];
    Arrays.setAll(wanted, i -> d.between(1, (int) shape[i]));
    wanted[Math.floorMod(axis, rank)] = d.between(1, 5);
    return new OneNodeModel("GatherElements")
        .input(d.floats(shape))
        .input(indices(d, shape[Math.floorMod(axis, rank)], wanted))
        .integer("axis", axis);
  }

  private static OneNodeModel gatherNd(Draw d) {
    int rank = d.between(2, 4);
    int batch = d.between(0, 1);
    int depth = d.between(1, rank - batch);
    long[] shape = d.shape(rank, 4);
    long smallest = Arrays.stream(shape, batch, batch + depth).min().orElseThrow();
    long[] rows =
        LongStream.concat(Arrays.stream(shape, 0, batch), LongStream.of(3, depth)).toArray();
    return new OneNodeModel("GatherND")
        .input(d.floats(shape))
        .input(d.integers(DType.I64, (int) -smallest, (int) smallest - 1, rows))
        .integer("batch_dims", batch);
  }

  private static OneNodeModel scatterElements(Draw d) {
    int rank = d.between(1, 3);
    int axis = d.axis(rank);
    long[] shape = d.shape(rank, 5);
    int along = Math.floorMod(axis, rank);
    long[] part = new long[rank];
    Arrays.setAll(part, i -> d.between(1, (int) shape[i]));
    // Without a reduction every target occurs once in a line, for the order is not defined.
    NDArray indices = NDArray.allocate(TensorType.of(DType.I64, part));
    long inner = Arrays.stream(part, along + 1, rank).reduce(1, (a, b) -> a * b);
    for (long i = 0; i < indices.elements(); i++) {
      long position = i / inner % part[along];
      indices.setLong(i, shape[along] - 1 - position);
    }
    String reduction = d.choose("none", "add", "mul", "min", "max");
    OneNodeModel model =
        new OneNodeModel("ScatterElements")
            .opset(18)
            .input(d.floats(shape))
            .input(
                reduction.equals("none")
                    ? indices
                    : d.integers(DType.I64, (int) -shape[along], (int) shape[along] - 1, part))
            .input(d.floats(part))
            .integer("axis", axis);
    return reduction.equals("none") ? model : model.text("reduction", reduction);
  }

  private static OneNodeModel scatterNd(Draw d) {
    long rows = d.between(2, 5);
    long columns = d.between(1, 3);
    String reduction = d.choose("none", "add", "mul");
    OneNodeModel model = new OneNodeModel("ScatterND").opset(18).input(d.floats(rows, columns));
    if (reduction.equals("none")) {
      return model
          .input(NDArray.ofLongs(List.of(1L, 0L)).reshape(TensorType.of(DType.I64, 2, 1)))
          .input(d.floats(2, columns));
    }
    return model
        .input(d.integers(DType.I64, 0, (int) rows - 1, 4, 1))
        .input(d.floats(4, columns))
        .text("reduction", reduction);
  }

  private static OneNodeModel oneHot(Draw d) {
    int rank = d.between(1, 2);
    int depth = d.between(1, 5);
    return new OneNodeModel("OneHot")
        .input(d.integers(DType.I64, -depth - 1, depth, d.shape(rank, 4)))
        .weight(NDArray.scalar(DType.I64, depth))
        .weight(d.floats(2))
        .integer("axis", d.between(-rank - 1, rank));
  }

  private static OneNodeModel range(Draw d) {
    DType type = d.choose(DType.F32, DType.I64, DType.I32);
    int step = d.choose(1, 2, -1, -3);
    return new OneNodeModel("Range")
        .weight(NDArray.scalar(type, d.between(-5, 5)))
        .weight(NDArray.scalar(type, d.between(-5, 5)))
        .weight(NDArray.scalar(type, step));
  }

  private static OneNodeModel constantOfShape(Draw d) {
    return new OneNodeModel("ConstantOfShape").weight(d.shape(d.between(1, 3), 4));
  }
}
