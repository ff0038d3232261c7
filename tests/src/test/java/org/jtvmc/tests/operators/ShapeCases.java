package org.jtvmc.tests.operators;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** Operators that move elements. */
final class ShapeCases {
  private static final DType[] TYPES = {DType.F32, DType.I64, DType.BOOL, DType.F16};

  private ShapeCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("Reshape", ShapeCases::reshape),
        OperatorCase.of("Transpose", ShapeCases::transpose),
        OperatorCase.of("Squeeze", ShapeCases::squeeze),
        OperatorCase.of("Unsqueeze", ShapeCases::unsqueeze),
        OperatorCase.of("Flatten", ShapeCases::flatten),
        OperatorCase.of("Expand", ShapeCases::expand),
        OperatorCase.of("Concat", ShapeCases::concat),
        OperatorCase.of("Split", ShapeCases::split),
        OperatorCase.of("Slice", ShapeCases::slice),
        OperatorCase.of("Pad", ShapeCases::pad),
        OperatorCase.of("Tile", ShapeCases::tile),
        OperatorCase.of("Trilu", ShapeCases::trilu),
        OperatorCase.of("DepthToSpace", ShapeCases::depthToSpace),
        OperatorCase.of("SpaceToDepth", ShapeCases::spaceToDepth),
        OperatorCase.of("Shape", d -> new OneNodeModel("Shape").input(any(d, 0, 4))));
  }

  private static NDArray any(Draw d, int leastRank, int mostRank) {
    return d.array(d.choose(TYPES), d.shape(d.between(leastRank, mostRank), 5));
  }

  private static OneNodeModel reshape(Draw d) {
    // The factors 2, 3 and 4 in any order and grouping, with ones between.
    long[][] shapes = {
      {24}, {2, 12}, {6, 4}, {4, 1, 6}, {2, 3, 4}, {1, 8, 3, 1}, {3, 8}, {4, 3, 2}
    };
    long[] to = d.choose(shapes).clone();
    long[] from = d.choose(shapes);
    if (d.coin()) {
      to[d.between(0, to.length - 1)] = -1;
    }
    if (to[0] == from[0] && d.coin()) {
      to[0] = 0;
    }
    return new OneNodeModel("Reshape").input(d.array(d.choose(TYPES), from)).weight(to);
  }

  private static OneNodeModel transpose(Draw d) {
    NDArray data = any(d, 1, 5);
    OneNodeModel model = new OneNodeModel("Transpose").input(data);
    return d.coin() ? model : model.integers("perm", d.permutation(data.type().rank()));
  }

  private static OneNodeModel squeeze(Draw d) {
    long[] shape = d.shape(d.between(1, 4), 2);
    OneNodeModel model = new OneNodeModel("Squeeze").input(d.array(d.choose(TYPES), shape));
    long[] ones =
        LongStream.range(0, shape.length)
            .filter(i -> shape[(int) i] == 1)
            .map(i -> d.coin() ? i : i - shape.length)
            .toArray();
    return ones.length == 0 || d.coin() ? model : model.weight(ones);
  }

  private static OneNodeModel unsqueeze(Draw d) {
    NDArray data = any(d, 0, 3);
    int more = d.between(1, 2);
    long[] axes = Arrays.copyOf(d.permutation(data.type().rank() + more), more);
    return new OneNodeModel("Unsqueeze").input(data).weight(axes);
  }

  private static OneNodeModel flatten(Draw d) {
    NDArray data = any(d, 1, 4);
    int rank = data.type().rank();
    return new OneNodeModel("Flatten").input(data).integer("axis", d.between(-rank, rank));
  }

  private static OneNodeModel expand(Draw d) {
    long[] shape = d.shape(d.between(1, 4), 4);
    long[] part = d.broadcastable(shape);
    return d.coin()
        ? new OneNodeModel("Expand").input(d.array(d.choose(TYPES), part)).weight(shape)
        : new OneNodeModel("Expand").input(d.array(d.choose(TYPES), shape)).weight(part);
  }

  private static OneNodeModel concat(Draw d) {
    int rank = d.between(1, 4);
    int axis = d.axis(rank);
    long[] shape = d.shape(rank, 4);
    DType type = d.choose(TYPES);
    OneNodeModel model = new OneNodeModel("Concat").integer("axis", axis);
    for (int i = d.between(1, 4); i > 0; i--) {
      shape[Math.floorMod(axis, rank)] = d.between(1, 3);
      model.input(d.array(type, shape));
    }
    return model;
  }

  private static OneNodeModel split(Draw d) {
    int rank = d.between(1, 3);
    int axis = d.axis(rank);
    long[] parts = d.shape(d.between(1, 3), 3);
    long[] shape = d.shape(rank, 4);
    shape[Math.floorMod(axis, rank)] = Arrays.stream(parts).sum();
    return new OneNodeModel("Split")
        .input(d.array(d.choose(TYPES), shape))
        .weight(parts)
        .integer("axis", axis)
        .outputs(parts.length);
  }

  private static OneNodeModel slice(Draw d) {
    int rank = d.between(1, 4);
    long[] axes = d.axes(rank, 1);
    long[] steps = new long[axes.length];
    Arrays.setAll(steps, _ -> d.choose(1, 2, 3, -1, -2));
    return new OneNodeModel("Slice")
        .input(d.array(d.choose(TYPES), d.shape(rank, 6)))
        .weight(d.longs(axes.length, -8, 8))
        .weight(d.longs(axes.length, -8, 8))
        .weight(axes)
        .weight(steps);
  }

  private static OneNodeModel pad(Draw d) {
    int rank = d.between(1, 4);
    String mode = d.choose("constant", "reflect", "edge", "wrap");
    long[] shape = d.longs(rank, 3, 5);
    boolean negative = mode.equals("constant");
    OneNodeModel model =
        new OneNodeModel("Pad")
            .opset(19)
            .input(d.floats(shape))
            .weight(d.longs(2 * rank, negative ? -1 : 0, 2))
            .text("mode", mode);
    return negative && d.coin() ? model.weight(d.floats()) : model;
  }

  private static OneNodeModel tile(Draw d) {
    NDArray data = any(d, 1, 4);
    return new OneNodeModel("Tile").input(data).weight(d.longs(data.type().rank(), 1, 3));
  }

  private static OneNodeModel trilu(Draw d) {
    OneNodeModel model =
        new OneNodeModel("Trilu")
            .input(d.array(d.choose(DType.F32, DType.I64), d.shape(d.between(2, 4), 5)))
            .flag("upper", d.coin());
    return d.coin() ? model.weight(NDArray.scalar(DType.I64, d.between(-3, 3))) : model;
  }

  private static OneNodeModel depthToSpace(Draw d) {
    int block = d.between(1, 3);
    return new OneNodeModel("DepthToSpace")
        .input(d.floats(2, (long) block * block * d.between(1, 3), 3, 2))
        .integer("blocksize", block)
        .text("mode", d.choose("DCR", "CRD"));
  }

  private static OneNodeModel spaceToDepth(Draw d) {
    int block = d.between(1, 3);
    return new OneNodeModel("SpaceToDepth")
        .input(d.floats(2, d.between(1, 3), 2L * block, 3L * block))
        .integer("blocksize", block);
  }
}
