package org.jtvmc.ir.op.image;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
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
 * Interpolation to another size in any number of dimensions: ONNX's Resize without antialiasing.
 * The dimensions are independent, so each that changes is one stage: a weighted sum of one, two or
 * four neighbours along it.
 */
public final class Resize extends TensorOperator {

  public Resize() {
    super(
        "image.resize",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(
            required("sizes", "the result's size in every dimension"),
            optionalList("scales", "the factor in every dimension; result size / data size"),
            optionalList("roi", "for tf_crop_and_resize: the starts, then the ends, in [0, 1]"),
            optional("mode", "nearest", "'nearest', 'linear' or 'cubic'"),
            optional(
                "coordinate_transformation_mode",
                "half_pixel",
                "how a position in the result maps to one in the data"),
            optional("nearest_mode", "round_prefer_floor", "how a position is rounded"),
            optional("cubic_coeff_a", -0.75, "the parameter of the cubic kernel"),
            optional("exclude_outside", false, "whether cubic weights outside are 0"),
            optional("extrapolation_value", 0.0, "for positions outside the roi's data")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    Interpolation.Mode mode = Interpolation.mode(attributes);
    if (mode != Interpolation.Mode.NEAREST) {
      Shapes.requireFloat(data, "data");
    }
    Interpolation.Coordinates.of(attributes);
    Interpolation.Rounding.of(attributes);
    List<Dim> sizes =
        attributes.sizes(
            "sizes",
            size -> {
              throw new TypeException("sizes hold %d, but must be at least 0".formatted(size));
            });
    if (sizes.size() != data.rank()) {
      throw new TypeException(
          "sizes has %d values where %d are needed".formatted(sizes.size(), data.rank()));
    }
    for (int i = 0; i < sizes.size(); i++) {
      if (data.dim(i).equals(Dim.of(0)) && !sizes.get(i).equals(Dim.of(0))) {
        throw new TypeException("an empty dimension cannot be enlarged to " + sizes.get(i));
      }
    }
    if (!attributes.reals("scales").isEmpty() && attributes.reals("scales").size() != data.rank()) {
      throw new TypeException(
          "scales %s must have one value per dimension of %s"
              .formatted(attributes.reals("scales"), data));
    }
    return data.withShape(sizes);
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor current = inputs.getFirst();
    DType dtype = current.dtype();
    List<PrimExpr> sizes = Axes.extents(result);
    List<PrimExpr> original = List.copyOf(current.shape());
    for (int axis = 0; axis < sizes.size(); axis++) {
      Interpolation along = Interpolation.of(attributes, axis, original.get(axis), sizes.get(axis));
      if (!along.isIdentity()) {
        current = resized(current, axis, sizes.get(axis), along);
      }
    }
    return List.of(cast(current, dtype));
  }

  private static Tensor cast(Tensor tensor, DType dtype) {
    if (tensor.dtype().equals(dtype)) {
      return tensor;
    }
    List<Axis> axes = Axes.of(tensor.shape());
    return Tensor.map("resize_cast", axes, tensor.at(Axes.vars(axes)).cast(dtype));
  }

  private static Tensor resized(Tensor data, int axis, PrimExpr size, Interpolation along) {
    List<PrimExpr> extents = new ArrayList<>(data.shape());
    extents.set(axis, size);
    List<Axis> axes = Axes.of(extents);
    PrimExpr position = axes.get(axis).var();
    PrimExpr value = null;
    for (Interpolation.Tap tap : along.taps(position)) {
      List<PrimExpr> indices = new ArrayList<>(Axes.vars(axes));
      indices.set(axis, tap.index());
      PrimExpr element = data.at(indices);
      if (tap.weight() != null) {
        DType accumulator = dtypeOfSums(data.dtype());
        element = element.cast(accumulator).times(tap.weight().cast(accumulator));
      }
      value = value == null ? element : value.plus(element);
    }
    PrimExpr outside = along.isOutside(position);
    FloatImm extrapolated = new FloatImm(DType.F32, along.extrapolationValue());
    return Tensor.map("resize", axes, Select.of(outside, extrapolated.cast(value.dtype()), value));
  }

  private static DType dtypeOfSums(DType dtype) {
    return dtype.bits() < 32 ? DType.F32 : dtype;
  }
}
