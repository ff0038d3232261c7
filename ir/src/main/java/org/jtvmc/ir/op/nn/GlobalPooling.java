package org.jtvmc.ir.op.nn;

import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
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
 * The mean or the largest of each channel: data {@code [n, c, spatial...]} to {@code [n, c, 1...]},
 * or the channels last in both.
 */
public final class GlobalPooling extends TensorOperator {
  private final Reducer reducer;

  private GlobalPooling(String name, Reducer reducer) {
    super(
        name,
        FusionKind.REDUCTION,
        List.of("data"),
        List.of(optional("data_layout", "", "of data and result; channels first")));
    this.reducer = reducer;
  }

  /** The mean and the largest. */
  public static List<Operator> all() {
    return List.of(
        new GlobalPooling("nn.global_avg_pool", Reducer.SUM),
        new GlobalPooling("nn.global_max_pool", Reducer.MAX));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Shapes.requireRank(data, "data", 3);
    Shapes.requireFloat(data, "data");
    ImageLayout layout = layout(attributes, data.rank());
    return data.withShape(
        layout.arrange(
            data.dim(0),
            data.dim(layout.channel(data.rank())),
            Collections.nCopies(data.rank() - 2, Dim.of(1))));
  }

  private static ImageLayout layout(Attributes attributes, int rank) {
    return ImageLayout.of("data_layout", attributes.text("data_layout"), rank - 2);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    int spatialRank = data.rank() - 2;
    List<String> spatial = Axes.spatialNames("", spatialRank);
    List<PrimExpr> extents = Axes.extents(result);
    ImageLayout layout = layout(attributes, data.rank());
    List<Axis> axes =
        Axes.named(layout.arrange("n", "c", Axes.spatialNames("o", spatialRank)), extents);
    List<Axis> pixels = Axes.named(spatial, layout.spatial(data.shape()));
    List<PrimExpr> indices =
        layout.arrange(
            axes.getFirst().var(), axes.get(layout.channel(axes.size())).var(), Axes.vars(pixels));
    PrimExpr element = data.at(indices);
    if (reducer == Reducer.MAX) {
      return List.of(Tensor.reduce("global_max_pool", reducer, axes, pixels, element));
    }
    DType accumulator = Accumulation.of(data.dtype());
    Tensor sum = Tensor.reduce("global_pool_sum", reducer, axes, pixels, element.cast(accumulator));
    List<Axis> outer = Axes.of(extents);
    PrimExpr mean =
        sum.at(Axes.vars(outer)).times(Normalization.reciprocalOfCount(pixels, accumulator));
    return List.of(Tensor.map("global_avg_pool", outer, mean.cast(data.dtype())));
  }
}
