package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * The mean or the largest of windows that are chosen for a wanted result size: the {@code i}-th of
 * {@code m} windows over {@code n} elements is {@code [floor(i n / m), ceil((i + 1) n / m))}.
 */
public final class AdaptivePooling extends TensorOperator {
  private final Reducer reducer;

  private AdaptivePooling(String name, Reducer reducer) {
    super(
        name,
        FusionKind.OUT_ELEMENTWISE_FUSABLE,
        List.of("data"),
        List.of(required("output_size", "the result's size, per spatial dimension")));
    this.reducer = reducer;
  }

  /** The mean and the largest. */
  public static List<Operator> all() {
    return List.of(
        new AdaptivePooling("nn.adaptive_avg_pool", Reducer.SUM),
        new AdaptivePooling("nn.adaptive_max_pool", Reducer.MAX));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Shapes.requireRank(data, "data", 3);
    Shapes.requireFloat(data, "data");
    List<Dim> shape = new ArrayList<>(data.shape().subList(0, 2));
    List<Long> size = attributes.integers("output_size");
    Shapes.eachAtLeast("output_size", size, data.rank() - 2, 1, 1)
        .forEach(s -> shape.add(Dim.of(s)));
    return data.withShape(shape);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int spatialRank = data.rank() - 2;
    DType accumulator = reducer == Reducer.MAX ? data.dtype() : Accumulation.of(data.dtype());
    List<String> names = Convolution.names("n", "c", Axes.spatialNames("", spatialRank));
    List<Axis> axes = Axes.named(names, Axes.extents(result));
    List<Axis> dataAxes = Axes.of(data.shape());
    List<Axis> window = new ArrayList<>();
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes.subList(0, 2)));
    PrimExpr present = IntImm.TRUE;
    for (int i = 2; i < data.rank(); i++) {
      long from = dataAxes.get(i).size();
      long to = axes.get(i).size();
      Axis k = Axis.of(Axes.spatialNames("k", spatialRank).get(i - 2), longest(from, to));
      window.add(k);
      PrimExpr index = begin(axes.get(i), from, to).plus(k.var());
      indices.add(index);
      if (from % to != 0) {
        present = present.and(index.lessThan(end(axes.get(i), from, to)));
      }
    }
    String stage = name().substring("nn.".length());
    PrimExpr element =
        Select.of(present, data.at(indices).cast(accumulator), reducer.identity(accumulator));
    Tensor combined = Tensor.reduce(stage, reducer, axes, window, element);
    if (reducer == Reducer.MAX) {
      return List.of(combined);
    }
    List<Axis> outer = Axes.named(names, combined.shape());
    PrimExpr count = IntImm.of(1);
    for (int i = 2; i < data.rank(); i++) {
      long from = dataAxes.get(i).size();
      long to = outer.get(i).size();
      count =
          from % to == 0
              ? count.times(from / to)
              : count.times(end(outer.get(i), from, to).minus(begin(outer.get(i), from, to)));
    }
    PrimExpr mean = combined.at(Axes.vars(outer)).dividedBy(count.cast(accumulator));
    return List.of(Tensor.map(stage + "_mean", outer, mean.cast(data.dtype())));
  }

  private static PrimExpr begin(Axis axis, long from, long to) {
    return from % to == 0 ? axis.var().times(from / to) : axis.var().times(from).floorDiv(to);
  }

  private static PrimExpr end(Axis axis, long from, long to) {
    return axis.var().plus(1).times(from).plus(to - 1).floorDiv(to);
  }

  private static long longest(long from, long to) {
    long longest = 0;
    for (long i = 0; i < to; i++) {
      longest = Math.max(longest, Math.ceilDiv((i + 1) * from, to) - i * from / to);
    }
    return longest;
  }
}
