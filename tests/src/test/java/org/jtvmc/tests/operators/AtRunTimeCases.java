package org.jtvmc.tests.operators;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Operators whose axes, bounds or shapes are inputs, so that a run decides over sizes. */
final class AtRunTimeCases {
  private static final List<String> REDUCTIONS =
      List.of(
          "ReduceL1",
          "ReduceL2",
          "ReduceLogSum",
          "ReduceLogSumExp",
          "ReduceMax",
          "ReduceMean",
          "ReduceMin",
          "ReduceProd",
          "ReduceSum",
          "ReduceSumSquare");

  private AtRunTimeCases() {}

  static List<OperatorCase> all() {
    return Stream.concat(
            REDUCTIONS.stream().map(name -> named(name, d -> reduce(d, name))),
            Stream.of(
                named("CumSum", AtRunTimeCases::running),
                named("TopK", AtRunTimeCases::topK),
                named("Slice", AtRunTimeCases::slice),
                named("Split", AtRunTimeCases::split),
                named("Squeeze", AtRunTimeCases::squeeze),
                named("Unsqueeze", AtRunTimeCases::unsqueeze),
                named("Reshape", AtRunTimeCases::reshape),
                named("Trilu", AtRunTimeCases::trilu)))
        .toList();
  }

  private static OperatorCase named(String operator, Function<Draw, OneNodeModel> draw) {
    return OperatorCase.of(operator + " at run time", draw);
  }

  private static NDArray longs(long... values) {
    return NDArray.ofLongs(Arrays.stream(values).boxed().toList());
  }

  private static NDArray scalar(long value) {
    return longs(value).reshape(TensorType.of(DType.I64));
  }

  private static OneNodeModel reduce(Draw d, String operator) {
    int rank = d.between(1, 4);
    double least = operator.equals("ReduceLogSum") ? 0.1 : -2;
    return new OneNodeModel(operator)
        .opset(18)
        .input(d.reals(DType.F32, least, 2, d.shape(rank, 4)))
        .input(longs(d.axes(rank, 1)))
        .flag("keepdims", d.coin());
  }

  private static OneNodeModel running(Draw d) {
    int rank = d.between(1, 3);
    return new OneNodeModel("CumSum")
        .input(d.floats(d.shape(rank, 5)))
        .input(scalar(d.axis(rank)))
        .flag("exclusive", d.coin())
        .flag("reverse", d.coin());
  }

  private static OneNodeModel topK(Draw d) {
    int rank = d.between(1, 3);
    int axis = d.axis(rank);
    long[] shape = d.shape(rank, 5);
    return new OneNodeModel("TopK")
        .input(d.floats(shape))
        .input(longs(d.between(0, (int) shape[Math.floorMod(axis, rank)])))
        .outputs(2)
        .integer("axis", axis)
        .flag("largest", d.coin());
  }

  private static OneNodeModel slice(Draw d) {
    int rank = d.between(1, 3);
    long[] axes = d.axes(rank, 1);
    int count = axes.length;
    OneNodeModel model =
        new OneNodeModel("Slice")
            .input(d.floats(d.shape(rank, 6)))
            .input(longs(d.longs(count, -8, 8)))
            .input(longs(d.longs(count, -8, 8)));
    long[] steps = d.longs(count, 1, 3);
    for (int i = 0; i < count; i++) {
      steps[i] *= d.coin() ? 1 : -1;
    }
    model = d.coin() ? model.input(longs(axes)) : model.weight(axes);
    return d.coin() ? model.input(longs(steps)) : model;
  }

  private static OneNodeModel split(Draw d) {
    int rank = d.between(1, 3);
    int axis = d.axis(rank);
    long[] shape = d.shape(rank, 4);
    long[] parts = d.longs(d.between(1, 3), 0, 3);
    parts[0]++;
    shape[Math.floorMod(axis, rank)] = Arrays.stream(parts).sum();
    return new OneNodeModel("Split")
        .input(d.floats(shape))
        .input(longs(parts))
        .outputs(parts.length)
        .integer("axis", axis);
  }

  private static OneNodeModel squeeze(Draw d) {
    long[] shape = d.shape(d.between(2, 4), 4);
    int rank = shape.length;
    int axis = d.axis(rank);
    shape[Math.floorMod(axis, rank)] = 1;
    return new OneNodeModel("Squeeze").input(d.floats(shape)).input(longs(axis));
  }

  private static OneNodeModel unsqueeze(Draw d) {
    int rank = d.between(1, 3);
    int added = d.between(1, 2);
    long[] axes = Arrays.copyOf(d.permutation(rank + added), added);
    axes[0] -= d.coin() ? rank + added : 0;
    return new OneNodeModel("Unsqueeze").input(d.floats(d.shape(rank, 4))).input(longs(axes));
  }

  private static OneNodeModel reshape(Draw d) {
    long rows = d.between(1, 4);
    long columns = d.between(1, 4);
    long[] wanted =
        d.choose(
            new long[] {-1},
            new long[] {columns, rows},
            new long[] {0, -1},
            new long[] {1, -1, 1},
            new long[] {rows * columns, 1, 1});
    return new OneNodeModel("Reshape").input(d.floats(rows, columns)).input(longs(wanted));
  }

  private static OneNodeModel trilu(Draw d) {
    return new OneNodeModel("Trilu")
        .input(d.floats(d.shape(d.between(2, 3), 5)))
        .input(scalar(d.between(-5, 5)))
        .flag("upper", d.coin());
  }
}
