package org.jtvmc.ir.op.image;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * An image read at the positions of a grid: {@code [n, c, in...]} and {@code [n, out..., rank]},
 * positions between -1 and 1 and the innermost dimension first, give {@code [n, c, out...]}. ONNX's
 * GridSample.
 */
public final class GridSample extends TensorOperator {

  public GridSample() {
    super(
        "image.grid_sample",
        FusionKind.OPAQUE,
        List.of("data", "grid"),
        List.of(
            optional("mode", "linear", "'nearest', 'linear' or 'cubic'"),
            optional("padding_mode", "zeros", "'zeros', 'border' or 'reflection'"),
            optional("align_corners", false, "whether -1 and 1 are the centres of pixels")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType grid = arguments.get(1);
    Shapes.requireFloat(data, "data");
    Shapes.requireFloat(grid, "grid");
    Shapes.requireRank(data, "data", 3);
    int rank = data.rank() - 2;
    if (grid.rank() != rank + 2 || !grid.shape().getLast().equals(Dim.of(rank))) {
      throw new TypeException("the grid %s does not fit %s".formatted(grid, data));
    }
    if (!List.of("nearest", "linear", "cubic").contains(attributes.text("mode"))
        || !List.of("zeros", "border", "reflection").contains(attributes.text("padding_mode"))) {
      throw new TypeException("has an unknown mode: " + attributes);
    }
    List<Dim> shape = new ArrayList<>(data.shape().subList(0, 2));
    shape.addAll(grid.shape().subList(1, rank + 1));
    return data.withShape(shape);
  }

  /** A pixel's index along a dimension, whether it is inside, and its weight. */
  private record Tap(PrimExpr index, PrimExpr inside, PrimExpr weight) {}

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    Tensor grid = inputs.get(1);
    int rank = data.rank() - 2;
    List<Axis> axes = Axes.of(result);
    List<List<Tap>> taps = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      List<PrimExpr> at = new ArrayList<>();
      at.add(axes.getFirst().var());
      at.addAll(Axes.vars(axes.subList(2, axes.size())));
      at.add(IntImm.of(rank - 1 - i));
      taps.add(taps(grid.at(at).cast(DType.F32), size(data, i + 2), attributes));
    }
    List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes.subList(0, 2)));
    DType real = data.dtype().bits() < 32 ? DType.F32 : data.dtype();
    PrimExpr sum = sum(data, taps, 0, indices, IntImm.TRUE, real);
    return List.of(Tensor.map("grid_sample", axes, sum.cast(data.dtype())));
  }

  private static long size(Tensor data, int axis) {
    return Axes.of(data.shape()).get(axis).size();
  }

  /** The weighted sum over all combinations of taps of the dimensions from one on. */
  private static PrimExpr sum(
      Tensor data,
      List<List<Tap>> taps,
      int dimension,
      List<PrimExpr> indices,
      PrimExpr inside,
      DType real) {
    if (dimension == taps.size()) {
      PrimExpr pixel = data.at(indices).cast(real);
      return Select.of(inside, pixel, IntImm.of(real, 0));
    }
    PrimExpr total = null;
    for (Tap tap : taps.get(dimension)) {
      List<PrimExpr> longer = new ArrayList<>(indices);
      longer.add(tap.index);
      PrimExpr rest = sum(data, taps, dimension + 1, longer, inside.and(tap.inside), real);
      PrimExpr term = tap.weight == null ? rest : rest.times(tap.weight.cast(real));
      total = total == null ? term : total.plus(term);
    }
    return total;
  }

  private static List<Tap> taps(PrimExpr position, long size, Attributes attributes) {
    boolean corners = attributes.bool("align_corners");
    String padding = attributes.text("padding_mode");
    double low = corners ? 0 : -0.5;
    double high = corners ? size - 1.0 : size - 0.5;
    PrimExpr scaled =
        corners
            ? position.plus(real(1)).times(real((size - 1) / 2.0))
            : position.plus(real(1)).times(real(size)).minus(real(1)).times(real(0.5));
    String mode = attributes.text("mode");
    PrimExpr x = mode.equals("nearest") ? Intrinsic.of(IntrinsicOp.ROUND, scaled) : scaled;
    // The pixels that the cubic kernel takes are brought inside one by one, as PyTorch has it.
    String before = mode.equals("cubic") ? "" : padding;
    x =
        switch (before) {
          case "border" -> x.max(real(0)).min(real(size - 1.0));
          case "reflection" -> reflected(x, low, high);
          default -> x;
        };
    if (mode.equals("nearest")) {
      return List.of(tap(x, size, padding, low, high, null));
    }
    PrimExpr floor = Intrinsic.of(IntrinsicOp.FLOOR, x);
    PrimExpr fraction = x.minus(floor);
    List<Tap> taps = new ArrayList<>();
    if (mode.equals("linear")) {
      taps.add(tap(floor, size, padding, low, high, real(1).minus(fraction)));
      taps.add(tap(floor.plus(real(1)), size, padding, low, high, fraction));
      return taps;
    }
    for (int i = -1; i <= 2; i++) {
      PrimExpr distance = i <= 0 ? fraction.minus(real(i)) : real(i).minus(fraction);
      PrimExpr weight = i == 0 || i == 1 ? near(distance) : far(distance);
      taps.add(tap(floor.plus(real(i)), size, padding, low, high, weight));
    }
    return taps;
  }

  private static Tap tap(
      PrimExpr pixel, long size, String padding, double low, double high, PrimExpr weight) {
    PrimExpr inside = IntImm.TRUE;
    PrimExpr at = pixel;
    if (padding.equals("zeros")) {
      inside = pixel.atLeast(real(0)).and(real(size - 1.0).atLeast(pixel));
    } else if (padding.equals("reflection")) {
      at = reflected(pixel, low, high);
    }
    // Far outside, and for NaN, the index must still be one.
    PrimExpr index = at.max(real(0)).min(real(size - 1.0)).cast(DType.I64).max(IntImm.of(0));
    return new Tap(index.min(IntImm.of(size - 1)), inside, weight);
  }

  /** Mirrored at the borders until it is between them. */
  private static PrimExpr reflected(PrimExpr x, double low, double high) {
    double range = high - low;
    if (range <= 0) {
      return real(0);
    }
    PrimExpr distance = Intrinsic.of(IntrinsicOp.ABS, x.minus(real(low)));
    PrimExpr rest = Binary.of(BinaryOp.REMAINDER, distance, real(2 * range));
    PrimExpr back = real(2 * range).minus(rest);
    return rest.min(back).plus(real(low));
  }

  /** Keys' cubic kernel with a = -0.75, at a distance up to 1. */
  private static PrimExpr near(PrimExpr d) {
    return real(1.25).times(d).minus(real(2.25)).times(d).times(d).plus(real(1));
  }

  /** Keys' kernel at a distance between 1 and 2. */
  private static PrimExpr far(PrimExpr d) {
    return real(-0.75).times(d).plus(real(3.75)).times(d).plus(real(-6)).times(d).plus(real(3));
  }

  private static PrimExpr real(double value) {
    return new FloatImm(DType.F32, value);
  }
}
