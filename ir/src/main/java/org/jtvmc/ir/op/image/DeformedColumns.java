package org.jtvmc.ir.op.image;

import java.util.List;
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
 * What a deformable convolution multiplies with its weights: for every pixel of the result the
 * elements under the kernel, each read beside its place by an offset of its own, with linear
 * interpolation, zero outside the image (Dai et al., "Deformable Convolutional Networks", 2017;
 * with a mask, Zhu et al., 2018).
 *
 * <p>Data {@code (n, c, h, w)}; offsets {@code (n, groups * kernel * 2, oh, ow)}, first down, then
 * right; mask {@code (n, groups * kernel, oh, ow)}. Result {@code (n, c, kernel, oh, ow)}.
 */
public final class DeformedColumns extends TensorOperator {

  public DeformedColumns() {
    super(
        "image.deformed_columns",
        FusionKind.INJECTIVE,
        List.of("data", "offsets", "mask"),
        List.of(
            required("kernel", "height and width"),
            required("strides", "down and right"),
            required("dilation", "down and right"),
            required("padding", "above and to the left"),
            required("groups", "the groups of channels that share offsets")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.get(0);
    TensorType offsets = arguments.get(1);
    TensorType mask = arguments.get(2);
    Shapes.commonDType(arguments);
    Shapes.requireFloat(data, "data");
    List<Long> kernel = attributes.integers("kernel");
    long groups = attributes.integer("groups");
    if (data.rank() != 4 || offsets.rank() != 4 || mask.rank() != 4 || kernel.size() != 2) {
      throw new TypeException("is defined for images, not for " + data);
    }
    long taps = kernel.get(0) * kernel.get(1);
    boolean divides = groups > 0 && data.dim(1).value() % groups == 0;
    if (!divides
        || offsets.dim(1).value() != groups * taps * 2
        || mask.dim(1).value() != groups * taps
        || !offsets.shape().subList(2, 4).equals(mask.shape().subList(2, 4))) {
      throw new TypeException(
          "offsets %s and mask %s do not fit %d groups of a kernel %s"
              .formatted(offsets, mask, groups, kernel));
    }
    return data.withShape(
        List.of(data.dim(0), data.dim(1), Dim.of(taps), offsets.dim(2), offsets.dim(3)));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.get(0);
    List<Axis> axes = Axes.named(List.of("n", "c", "k", "y", "x"), Axes.extents(result));
    PrimExpr n = axes.get(0).var();
    PrimExpr c = axes.get(1).var();
    PrimExpr k = axes.get(2).var();
    PrimExpr y = axes.get(3).var();
    PrimExpr x = axes.get(4).var();
    long channels = axes.get(1).size() / attributes.integer("groups");
    PrimExpr tap = c.floorDiv(channels).times(axes.get(2).size()).plus(k);
    DType real = data.dtype().bits() < 32 ? DType.F32 : data.dtype();
    long width = attributes.integers("kernel").get(1);
    PrimExpr down = inputs.get(1).at(n, tap.times(2), y, x).cast(real);
    PrimExpr right = inputs.get(1).at(n, tap.times(2).plus(1), y, x).cast(real);
    PrimExpr row = place(attributes, 0, y, k.floorDiv(width)).cast(real).plus(down);
    PrimExpr column = place(attributes, 1, x, k.floorMod(width)).cast(real).plus(right);
    PrimExpr top = Intrinsic.of(IntrinsicOp.FLOOR, row);
    PrimExpr left = Intrinsic.of(IntrinsicOp.FLOOR, column);
    PrimExpr lower = row.minus(top);
    PrimExpr righter = column.minus(left);
    PrimExpr one = new FloatImm(real, 1);
    PrimExpr sum =
        pixel(data, n, c, top, left)
            .times(one.minus(lower).times(one.minus(righter)))
            .plus(pixel(data, n, c, top, left.plus(one)).times(one.minus(lower).times(righter)))
            .plus(pixel(data, n, c, top.plus(one), left).times(lower.times(one.minus(righter))))
            .plus(pixel(data, n, c, top.plus(one), left.plus(one)).times(lower.times(righter)));
    PrimExpr weight = inputs.get(2).at(n, tap, y, x).cast(real);
    return List.of(Tensor.map("deformed_columns", axes, sum.times(weight).cast(data.dtype())));
  }

  private static PrimExpr place(Attributes attributes, int axis, PrimExpr at, PrimExpr tap) {
    return at.times(attributes.integers("strides").get(axis))
        .plus(tap.times(attributes.integers("dilation").get(axis)))
        .minus(attributes.integers("padding").get(axis));
  }

  /** The pixel, zero outside the image; the index is one even there. */
  private static PrimExpr pixel(
      Tensor data, PrimExpr n, PrimExpr c, PrimExpr row, PrimExpr column) {
    DType real = row.dtype();
    List<PrimExpr> last =
        List.of(
            new FloatImm(real, Axes.of(data.shape()).get(2).size() - 1.0),
            new FloatImm(real, Axes.of(data.shape()).get(3).size() - 1.0));
    PrimExpr zero = new FloatImm(real, 0);
    PrimExpr inside =
        row.atLeast(zero)
            .and(last.get(0).atLeast(row))
            .and(column.atLeast(zero))
            .and(last.get(1).atLeast(column));
    PrimExpr value = data.at(n, c, index(row, last.get(0)), index(column, last.get(1)));
    return Select.of(inside, value.cast(real), zero);
  }

  private static PrimExpr index(PrimExpr at, PrimExpr last) {
    PrimExpr zero = new FloatImm(at.dtype(), 0);
    // A NaN becomes no index at all, so that the bounds are kept once more.
    return at.max(zero)
        .min(last)
        .cast(DType.I64)
        .max(IntImm.of(0))
        .min(IntImm.of((long) ((FloatImm) last).value()));
  }
}
