package org.jtvmc.ir.op.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TypeException;

/**
 * Where the elements along one dimension of a {@link Resize} come from, and with which weights. As
 * ONNX Runtime, positions are computed in {@code float32} (those of half_pixel_symmetric in {@code
 * float64}), since rounding decides which neighbour is the nearest.
 *
 * @param from the size of the data, which may be open
 * @param to the size of the result, which may be open
 * @param scale the factor that maps positions; {@code to / from} where none is given
 */
record Interpolation(
    Mode mode,
    Coordinates coordinates,
    Rounding rounding,
    PrimExpr from,
    PrimExpr to,
    SizeNumber scale,
    double roiStart,
    double roiEnd,
    double cubicCoefficient,
    boolean excludeOutside,
    double extrapolationValue) {

  /** How many neighbours are weighed: one, two or four. */
  enum Mode {
    NEAREST,
    LINEAR,
    CUBIC
  }

  /** The values of ONNX's coordinate_transformation_mode. */
  enum Coordinates {
    HALF_PIXEL,
    HALF_PIXEL_SYMMETRIC,
    PYTORCH_HALF_PIXEL,
    ALIGN_CORNERS,
    ASYMMETRIC,
    TF_HALF_PIXEL_FOR_NN,
    TF_CROP_AND_RESIZE;

    static Coordinates of(Attributes attributes) {
      return parse(attributes, "coordinate_transformation_mode", values());
    }
  }

  /** The values of ONNX's nearest_mode. */
  enum Rounding {
    ROUND_PREFER_FLOOR,
    ROUND_PREFER_CEIL,
    FLOOR,
    CEIL;

    static Rounding of(Attributes attributes) {
      return parse(attributes, "nearest_mode", values());
    }
  }

  /**
   * One neighbour.
   *
   * @param index of an element of the data
   * @param weight null for 1
   */
  record Tap(PrimExpr index, PrimExpr weight) {}

  static Mode mode(Attributes attributes) {
    return parse(attributes, "mode", Mode.values());
  }

  private static <E extends Enum<E>> E parse(Attributes attributes, String name, E[] values) {
    Function<E, String> text = value -> value.name().toLowerCase(Locale.ROOT);
    String given = attributes.text(name);
    return Arrays.stream(values)
        .filter(value -> text.apply(value).equals(given))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeException(
                    "%s is '%s', but must be one of %s"
                        .formatted(
                            name,
                            given,
                            Arrays.stream(values).map(text).collect(Collectors.joining(", ")))));
  }

  static Interpolation of(Attributes attributes, int axis, PrimExpr from, PrimExpr to) {
    List<Double> scales = attributes.reals("scales");
    List<Double> roi = attributes.reals("roi");
    boolean hasRoi = !roi.isEmpty();
    int rank = attributes.items("sizes").size();
    if (hasRoi && roi.size() != 2 * rank) {
      throw new TypeException("roi %s must have two values per dimension".formatted(roi));
    }
    return new Interpolation(
        mode(attributes),
        Coordinates.of(attributes),
        Rounding.of(attributes),
        from,
        to,
        scales.isEmpty() ? ratio(from, to) : SizeNumber.of(scales.get(axis)),
        hasRoi ? roi.get(axis) : 0,
        hasRoi ? roi.get(axis + rank) : 1,
        attributes.real("cubic_coeff_a"),
        attributes.bool("exclude_outside"),
        attributes.real("extrapolation_value"));
  }

  private static SizeNumber ratio(PrimExpr from, PrimExpr to) {
    return from.equals(to)
        ? SizeNumber.of(1.0)
        : SizeNumber.of(to).rounded().dividedBy(SizeNumber.of(from).rounded()).rounded();
  }

  /** True where every position maps to itself. */
  boolean isIdentity() {
    boolean wholeRoi = roiStart == 0 && roiEnd == 1;
    return from.equals(to)
        && scale.is(1)
        && (wholeRoi || coordinates != Coordinates.TF_CROP_AND_RESIZE)
        && coordinates != Coordinates.TF_HALF_PIXEL_FOR_NN;
  }

  /** The neighbours of {@code position}, an index of the result. */
  List<Tap> taps(PrimExpr position) {
    return switch (mode) {
      case NEAREST -> List.of(new Tap(nearest(position), null));
      case LINEAR -> linear(source(position));
      case CUBIC -> cubic(source(position));
    };
  }

  /** Whether the result is the extrapolation value there. */
  PrimExpr isOutside(PrimExpr position) {
    if (coordinates != Coordinates.TF_CROP_AND_RESIZE) {
      return IntImm.FALSE;
    }
    PrimExpr source = source(position);
    return source
        .lessThan(constant(0))
        .or(Compare.of(Compare.Op.GREATER, source, last(from).as(DType.F32)));
  }

  private PrimExpr nearest(PrimExpr position) {
    if (repeats()) {
      return position.floorDiv((long) scale.known().getAsDouble());
    }
    PrimExpr source = source(position);
    PrimExpr rounded =
        switch (rounding) {
          case FLOOR -> Intrinsic.of(IntrinsicOp.FLOOR, source);
          case CEIL -> Intrinsic.of(IntrinsicOp.CEIL, source);
          case ROUND_PREFER_FLOOR -> Intrinsic.of(IntrinsicOp.CEIL, source.minus(constant(0.5)));
          case ROUND_PREFER_CEIL -> Intrinsic.of(IntrinsicOp.FLOOR, source.plus(constant(0.5)));
        };
    return inside(rounded.cast(DType.I64));
  }

  /** True where each element is there a whole number of times. */
  private boolean repeats() {
    boolean plainFloor = coordinates == Coordinates.ASYMMETRIC && rounding == Rounding.FLOOR;
    if (!plainFloor || !scale.isWhole()) {
      return false;
    }
    PrimExpr all = Sizes.canonical(from.times((long) scale.known().getAsDouble()));
    return to.equals(all)
        || (to instanceof IntImm(_, long size)
            && all instanceof IntImm(_, long most)
            && size <= most);
  }

  private List<Tap> linear(PrimExpr source) {
    PrimExpr clamped = source.max(constant(0)).min(last(from).as(DType.F32));
    PrimExpr floor = Intrinsic.of(IntrinsicOp.FLOOR, clamped);
    PrimExpr fraction = clamped.minus(floor);
    PrimExpr index = floor.cast(DType.I64);
    return List.of(
        new Tap(index, constant(1).minus(fraction)), new Tap(inside(index.plus(1)), fraction));
  }

  /** Keys, "Cubic convolution interpolation for digital image processing", 1981. */
  private List<Tap> cubic(PrimExpr source) {
    PrimExpr floor = Intrinsic.of(IntrinsicOp.FLOOR, source);
    PrimExpr t = source.minus(floor);
    PrimExpr index = floor.cast(DType.I64);
    List<PrimExpr> weights =
        new ArrayList<>(
            List.of(
                outer(t.plus(constant(1))),
                inner(t),
                inner(constant(1).minus(t)),
                outer(constant(2).minus(t))));
    if (excludeOutside) {
      PrimExpr total = null;
      for (int i = 0; i < weights.size(); i++) {
        PrimExpr neighbour = index.plus(i - 1);
        PrimExpr present = neighbour.atLeast(0).and(neighbour.lessThan(from));
        weights.set(i, Select.of(present, weights.get(i), constant(0)));
        total = total == null ? weights.get(i) : total.plus(weights.get(i));
      }
      PrimExpr sum = total;
      weights.replaceAll(weight -> weight.dividedBy(sum));
    }
    List<Tap> taps = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      taps.add(new Tap(inside(index.plus(i - 1)), weights.get(i)));
    }
    return taps;
  }

  /** The kernel for distances up to 1: {@code (a + 2) d^3 - (a + 3) d^2 + 1}. */
  private PrimExpr inner(PrimExpr d) {
    return d.times(constant(cubicCoefficient + 2))
        .minus(constant(cubicCoefficient + 3))
        .times(d)
        .times(d)
        .plus(constant(1));
  }

  /** The kernel for distances from 1 to 2: {@code a d^3 - 5 a d^2 + 8 a d - 4 a}. */
  private PrimExpr outer(PrimExpr d) {
    return d.minus(constant(5))
        .times(d)
        .plus(constant(8))
        .times(d)
        .minus(constant(4))
        .times(constant(cubicCoefficient));
  }

  /** The position in the data that {@code position} in the result stands for, as a float32. */
  private PrimExpr source(PrimExpr position) {
    PrimExpr x = position.cast(DType.F32);
    PrimExpr divisor = scale.as(DType.F32);
    PrimExpr halfPixel = x.plus(constant(0.5)).dividedBy(divisor).minus(constant(0.5));
    return switch (coordinates) {
      case HALF_PIXEL -> halfPixel;
      case PYTORCH_HALF_PIXEL -> Select.of(isSingle(), constant(0), halfPixel);
      case HALF_PIXEL_SYMMETRIC ->
          position
              .cast(DType.F64)
              .plus(new FloatImm(DType.F64, 0.5))
              .dividedBy(scale.as(DType.F64))
              .plus(symmetricOffset().minus(SizeNumber.of(0.5)).as(DType.F64))
              .cast(DType.F32);
      case ASYMMETRIC -> x.dividedBy(divisor);
      case ALIGN_CORNERS ->
          Select.of(
              isSingle(),
              constant(0),
              x.times(last(from).as(DType.F32)).dividedBy(last(to).as(DType.F32)));
      case TF_HALF_PIXEL_FOR_NN -> x.plus(constant(0.5)).dividedBy(divisor);
      case TF_CROP_AND_RESIZE -> {
        SizeNumber step = SizeNumber.of(roiEnd - roiStart).times(last(from)).dividedBy(last(to));
        SizeNumber start = SizeNumber.of(roiStart).times(last(from));
        SizeNumber middle = SizeNumber.of(0.5 * (roiStart + roiEnd)).times(last(from));
        yield Select.of(
            isSingle(),
            middle.as(DType.F32),
            x.times(step.as(DType.F32)).plus(start.as(DType.F32)));
      }
    };
  }

  /** What a fraction of a pixel at the end leaves, on both sides; rounded as ONNX Runtime's. */
  private SizeNumber symmetricOffset() {
    SizeNumber whole = scale.rounded().times(SizeNumber.of(from).rounded()).rounded();
    SizeNumber adjustment = SizeNumber.of(to).rounded().dividedBy(whole).rounded();
    SizeNumber half = SizeNumber.of(from).rounded().times(SizeNumber.of(0.5));
    return half.times(SizeNumber.of(1.0).minus(adjustment).rounded()).rounded();
  }

  private PrimExpr isSingle() {
    return to.equalTo(IntImm.of(1));
  }

  private static SizeNumber last(PrimExpr size) {
    return SizeNumber.of(size.minus(1));
  }

  private PrimExpr inside(PrimExpr index) {
    return index.max(IntImm.of(0)).min(from.minus(1));
  }

  private static PrimExpr constant(double value) {
    return new FloatImm(DType.F32, value);
  }
}
