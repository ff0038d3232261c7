package org.jtvmc.examples.plugin;

import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The squared distance of every point from every centre, as k-means needs it: points {@code [m, k]}
 * and centres {@code [n, k]} give {@code [m, n]}.
 *
 * <pre>{@code
 * distance[i, j] = sum((points[i, k] - centres[j, k])^2, k)
 * }</pre>
 *
 * <p>This is all that the compiler is told. How the loops are tiled, vectorised and run by several
 * threads, the rules for reductions find out, as for a matrix product.
 */
public final class PairwiseDistance extends TensorOperator {

  public PairwiseDistance() {
    super(
        "example.pairwise_distance",
        FusionKind.OUT_ELEMENTWISE_FUSABLE,
        List.of("points", "centres"),
        List.of());
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType points = arguments.get(0);
    TensorType centres = arguments.get(1);
    if (points.rank() != 2 || centres.rank() != 2) {
      throw new TypeException(
          "points and centres must be matrices and are %s and %s".formatted(points, centres));
    }
    if (Shapes.conflict(points.dim(1), centres.dim(1))) {
      throw new TypeException(
          "the points have %s coordinates and the centres %s"
              .formatted(points.dim(1), centres.dim(1)));
    }
    return new TensorType(List.of(points.dim(0), centres.dim(0)), Shapes.commonDType(arguments));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor points = inputs.get(0);
    Tensor centres = inputs.get(1);
    List<Axis> axes = Axes.named(List.of("m", "n"), Axes.extents(result));
    Axis k = Axis.of("k", points.dim(1));
    PrimExpr difference =
        points.at(axes.get(0).var(), k.var()).minus(centres.at(axes.get(1).var(), k.var()));
    return List.of(
        Tensor.reduce(
            "pairwise_distance", Reducer.SUM, axes, List.of(k), difference.times(difference)));
  }
}
