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
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TypeException;

/**
 * Where the elements along one dimension of a {@link Resize} come from, and with which weights. As
 * ONNX Runtime, positions are computed in {@code float32} (those of half_pixel_symmetric in {@code
 * float64}), since rounding decides which neighbour is the nearest.
 *
 * @param from the size of the data
 * @param to the size of the result
 * @param scale the factor that maps positions; {@code to / from} where none is given
 */
record Interpolation(
    Mode mode,
    Coordinates coordinates,
    Rounding rounding,
    long from,
    long to,
    double scale,
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

  static Interpolation of(Attributes attributes, int axis, long from, long to) {
    List<Double> scales = attributes.reals("scales");
    List<Double> roi = attributes.reals("roi");
    boolean hasRoi = !roi.isEmpty();
    int rank = attributes.integers("sizes").size();
    if (hasRoi && roi.size() != 2 * rank) {
      throw new TypeException("roi %s must have two values per dimension".formatted(roi));
    }
    return new Interpolation(
        mode(attributes),
        Coordinates.of(attributes),
        Rounding.of(attributes),
        from,
        to,
        scales.isEmpty() ? (double) ((float) to / (float) from) : scales.get(axis),
        hasRoi ? roi.get(axis) : 0,
        hasRoi ? roi.get(axis + rank) : 1,
        attributes.real("cubic_coeff_a"),
        attributes.bool("exclude_outside"),
        attributes.real("extrapolation_value"));
  }

  /** True where every position maps to itself. */
  boolean isIdentity() {
    boolean wholeRoi = roiStart == 0 && roiEnd == 1;
    return from == to
        && scale == 1
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
        .or(Compare.of(Compare.Op.GREATER, source, constant(from - 1)));
  }

  private PrimExpr nearest(PrimExpr position) {
    boolean plainFloor = coordinates == Coordinates.ASYMMETRIC && rounding == Rounding.FLOOR;
    if (plainFloor && scale == Math.rint(scale) && to <= from * (long) scale) {
      return position.floorDiv((long) scale);
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

  private List<Tap> linear(PrimExpr source) {
    PrimExpr clamped = source.max(constant(0)).min(constant(from - 1));
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
    PrimExpr halfPixel = x.plus(constant(0.5)).dividedBy(constant(scale)).minus(constant(0.5));
    return switch (coordinates) {
      case HALF_PIXEL -> halfPixel;
      case PYTORCH_HALF_PIXEL -> to > 1 ? halfPixel : constant(0);
      case HALF_PIXEL_SYMMETRIC -> {
        float adjustment = to / ((float) scale * from);
        double offset = from / 2f * (1 - adjustment);
        yield position
            .cast(DType.F64)
            .plus(new FloatImm(DType.F64, 0.5))
            .dividedBy(new FloatImm(DType.F64, scale))
            .plus(new FloatImm(DType.F64, offset - 0.5))
            .cast(DType.F32);
      }
      case ASYMMETRIC -> x.dividedBy(constant(scale));
      case ALIGN_CORNERS ->
          to == 1 ? constant(0) : x.times(constant(from - 1)).dividedBy(constant(to - 1));
      case TF_HALF_PIXEL_FOR_NN -> x.plus(constant(0.5)).dividedBy(constant(scale));
      case TF_CROP_AND_RESIZE ->
          to > 1
              ? x.times(constant((roiEnd - roiStart) * (from - 1) / (to - 1)))
                  .plus(constant(roiStart * (from - 1)))
              : constant(0.5 * (roiStart + roiEnd) * (from - 1));
    };
  }

  private PrimExpr inside(PrimExpr index) {
    return index.max(IntImm.of(0)).min(IntImm.of(from - 1));
  }

  private static PrimExpr constant(double value) {
    return new FloatImm(DType.F32, value);
  }
}
