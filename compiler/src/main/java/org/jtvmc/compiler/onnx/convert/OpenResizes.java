package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/**
 * Resize and Upsample whose scales or sizes only the run knows: along each dimension elements are
 * taken from positions that are computed, as {@code image.resize} computes them.
 */
final class OpenResizes {

  private final OnnxNode node;
  private final OpenSizes sizes;
  private final Composer c;
  private final String mode;
  private final String coordinates;
  private final String rounding;

  /**
   * One dimension that changes.
   *
   * @param from its size
   * @param to that of the result, and as a number
   */
  private record Along(int axis, Dim from, Dim to, Expr scale, Expr roiStart, Expr roiEnd) {}

  private OpenResizes(OnnxNode node, String coordinates, String rounding) {
    this.node = node;
    this.sizes = new OpenSizes(node);
    this.c = sizes.c();
    this.mode =
        switch (node.text("mode", "nearest")) {
          case "nearest" -> "nearest";
          case "linear", "bilinear" -> "linear";
          case "cubic" -> "cubic";
          case String other -> throw node.fault("resizes by '%s'".formatted(other));
        };
    this.coordinates = coordinates;
    this.rounding = rounding;
  }

  /** Up to version 10: a position is divided by the scale, and rounded towards the larger image. */
  static Expr simple(OnnxNode node) {
    if (!node.has(1)) {
      throw node.fault("has neither scales nor sizes");
    }
    return new OpenResizes(node, "asymmetric", "by_scale").byScales(1);
  }

  static Expr resize(OnnxNode node) {
    if (node.opset() < 11) {
      return simple(node);
    }
    OpenResizes resize =
        new OpenResizes(
            node,
            node.text("coordinate_transformation_mode", "half_pixel"),
            node.text("nearest_mode", "round_prefer_floor"));
    boolean hasScales = node.has(2) && !(node.type(2).isStatic() && node.type(2).elements() == 0);
    return hasScales ? resize.byScales(2) : resize.bySizes();
  }

  private List<Integer> axes() {
    int rank = node.rank(0);
    return node
        .integers("axes")
        .orElseGet(() -> LongStream.range(0, rank).boxed().toList())
        .stream()
        .map(axis -> node.axis(axis, rank))
        .toList();
  }

  private Expr byScales(int input) {
    Expr given = c.cast(c.reshape(node.input(input), -1), DType.F32);
    List<Expr> scales = new ArrayList<>();
    List<Expr> results = new ArrayList<>();
    List<Integer> axes = axes();
    for (int i = 0; i < axes.size(); i++) {
      scales.add(sizes.at(given, i));
      // The product is rounded to float32, as ONNX Runtime's: 5 * 2.6f is 13.
      results.add(c.cast(c.multiply(real(from(axes.get(i))), scales.get(i)), DType.I64));
    }
    return resized(axes, scales, results);
  }

  private Expr bySizes() {
    Expr wanted = sizes.vector(3);
    List<Integer> axes = axes();
    List<Expr> scales = new ArrayList<>();
    List<Expr> results = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      results.add(sizes.at(wanted, i));
      scales.add(c.divide(c.cast(results.get(i), DType.F32), real(from(axes.get(i)))));
    }
    String policy = node.text("keep_aspect_ratio_policy", "stretch");
    if (policy.equals("stretch")) {
      return resized(axes, scales, results);
    }
    String choice =
        switch (policy) {
          case "not_larger" -> "minimum";
          case "not_smaller" -> "maximum";
          default -> throw node.fault("keeps the aspect ratio by '%s'".formatted(policy));
        };
    Expr scale = scales.stream().reduce((a, b) -> node.call(choice, a, b)).orElseThrow();
    for (int i = 0; i < axes.size(); i++) {
      Expr exact = c.multiply(real(from(axes.get(i))), scale);
      scales.set(i, scale);
      results.set(i, c.cast(c.unary("floor", c.add(exact, 0.5)), DType.I64));
    }
    return resized(axes, scales, results);
  }

  private Dim from(int axis) {
    return node.type(0).dim(axis);
  }

  private Expr real(Dim size) {
    return c.cast(sizes.number(size), DType.F32);
  }

  private Expr resized(List<Integer> axes, List<Expr> scales, List<Expr> results) {
    List<Dim> to = sizes.decide(sizes.join(results));
    DType dtype = node.type(0).dtype();
    boolean takesSums = !mode.equals("nearest") && dtype.bits() < 32;
    Expr value = takesSums ? c.cast(node.input(0), DType.F32) : node.input(0);
    Optional<Expr> region =
        coordinates.equals("tf_crop_and_resize")
            ? Optional.of(c.cast(c.reshape(node.input(1), -1), DType.F32))
            : Optional.empty();
    Expr outside = null;
    for (int i = 0; i < axes.size(); i++) {
      int at = i;
      Expr start = region.map(all -> sizes.at(all, at)).orElse(node.value(DType.F32, 0));
      Expr end =
          region.map(all -> sizes.at(all, axes.size() + at)).orElse(node.value(DType.F32, 1));
      Along along = new Along(axes.get(i), from(axes.get(i)), to.get(i), scales.get(i), start, end);
      Expr source = source(along);
      value =
          node.flag("antialias", false) && !mode.equals("nearest")
              ? smoothed(value, along, source)
              : taken(value, along, source);
      if (region.isPresent()) {
        Expr own = sizes.along(isOutside(along, source), along.axis, node.rank(0));
        outside = outside == null ? own : node.call("logical_or", outside, own);
      }
    }
    if (outside != null) {
      value = c.where(outside, c.scalar(value, node.real("extrapolation_value", 0)), value);
    }
    return c.cast(value, dtype);
  }

  private Expr isOutside(Along along, Expr source) {
    Expr last = c.add(real(along.from), -1);
    return node.call(
        "logical_or",
        node.call("less", source, c.scalar(source, 0)),
        node.call("greater", source, last));
  }

  /** The positions in the data that those of the result stand for. */
  private Expr source(Along along) {
    Expr x = c.cast(sizes.positions(along.to), DType.F32);
    Expr from = real(along.from);
    Expr to = real(along.to);
    Expr isMany = node.call("greater", to, c.scalar(to, 1));
    Expr halfPixel = c.add(c.divide(c.add(x, 0.5), along.scale), -0.5);
    // Of nothing there are no steps; the result is not looked at then.
    Expr steps = node.call("maximum", c.add(to, -1), c.scalar(to, 1));
    Expr last = c.add(from, -1);
    return switch (coordinates) {
      case "half_pixel" -> halfPixel;
      case "pytorch_half_pixel" -> c.where(isMany, halfPixel, c.scalar(x, 0));
      case "half_pixel_symmetric" -> {
        Expr adjustment = c.divide(to, c.multiply(along.scale, from));
        yield c.add(c.multiply(c.multiply(from, 0.5), c.subtract(1, adjustment)), halfPixel);
      }
      case "asymmetric" -> c.divide(x, along.scale);
      case "align_corners" -> c.divide(c.multiply(x, last), steps);
      case "tf_half_pixel_for_nn" -> c.divide(c.add(x, 0.5), along.scale);
      case "tf_crop_and_resize" -> {
        Expr way = c.multiply(c.subtract(along.roiEnd, along.roiStart), last);
        Expr walked = c.add(c.multiply(x, c.divide(way, steps)), c.multiply(along.roiStart, last));
        Expr middle = c.multiply(c.multiply(c.add(along.roiStart, along.roiEnd), last), 0.5);
        yield c.where(isMany, walked, middle);
      }
      case String other ->
          throw node.fault("resizes by '%s', which is not supported".formatted(other));
    };
  }

  private Expr taken(Expr value, Along along, Expr source) {
    return switch (mode) {
      case "nearest" -> at(value, along, c.cast(rounded(along, source), DType.I64));
      case "linear" -> {
        Expr last = c.add(real(along.from), -1);
        Expr inside = node.call("minimum", node.call("maximum", source, c.scalar(source, 0)), last);
        Expr floor = c.unary("floor", inside);
        Expr fraction = c.subtract(inside, floor);
        Expr index = c.cast(floor, DType.I64);
        Expr near = weighted(value, along, index, c.subtract(1, fraction));
        yield c.add(near, weighted(value, along, c.add(index, 1), fraction));
      }
      default -> cubic(value, along, source);
    };
  }

  private Expr rounded(Along along, Expr source) {
    return switch (rounding) {
      case "floor" -> c.unary("floor", source);
      case "ceil" -> c.unary("ceil", source);
      case "round_prefer_floor" -> c.unary("ceil", c.add(source, -0.5));
      case "round_prefer_ceil" -> c.unary("floor", c.add(source, 0.5));
      case "by_scale" -> {
        Expr grows = node.call("greater_equal", along.scale, c.scalar(along.scale, 1));
        yield c.where(grows, c.unary("floor", source), c.unary("ceil", source));
      }
      case String other ->
          throw node.fault("rounds by '%s', which is not supported".formatted(other));
    };
  }

  private Expr cubic(Expr value, Along along, Expr source) {
    Expr floor = c.unary("floor", source);
    Expr t = c.subtract(source, floor);
    Expr index = c.cast(floor, DType.I64);
    List<Expr> weights = new ArrayList<>();
    Expr total = null;
    for (int tap = -1; tap <= 2; tap++) {
      Expr weight = kernel(c.unary("abs", c.subtract(tap, t)));
      if (node.flag("exclude_outside", false)) {
        weight = c.where(isInside(c.add(index, tap), along), weight, c.scalar(weight, 0));
      }
      weights.add(weight);
      total = total == null ? weight : c.add(total, weight);
    }
    Expr sum = null;
    for (int tap = 0; tap < weights.size(); tap++) {
      Expr weight =
          node.flag("exclude_outside", false)
              ? c.divide(weights.get(tap), total)
              : weights.get(tap);
      Expr own = weighted(value, along, c.add(index, tap - 1.0), weight);
      sum = sum == null ? own : c.add(sum, own);
    }
    return sum;
  }

  private Expr isInside(Expr index, Along along) {
    return node.call(
        "logical_and",
        node.call("greater_equal", index, c.scalar(index, 0)),
        node.call("less", index, sizes.number(along.from)));
  }

  /** How much an element counts at a distance. */
  private Expr kernel(Expr distance) {
    if (mode.equals("linear")) {
      return node.call("maximum", c.subtract(1, distance), c.scalar(distance, 0));
    }
    double a = node.real("cubic_coeff_a", -0.75);
    Expr inner =
        c.add(
            c.multiply(
                c.multiply(c.add(c.multiply(distance, a + 2), -(a + 3)), distance), distance),
            1);
    Expr outer =
        c.multiply(
            c.add(c.multiply(c.add(c.multiply(c.add(distance, -5), distance), 8), distance), -4),
            a);
    Expr isNear = node.call("less_equal", distance, c.scalar(distance, 1));
    Expr isFar = node.call("greater_equal", distance, c.scalar(distance, 2));
    return c.where(isNear, inner, c.where(isFar, c.scalar(distance, 0), outer));
  }

  private Expr at(Expr value, Along along, Expr places) {
    return sizes.picked(value, along.axis, places, Optional.empty());
  }

  private Expr weighted(Expr value, Along along, Expr places, Expr weights) {
    Expr own = sizes.along(c.castLike(weights, value), along.axis, node.rank(0));
    return c.multiply(at(value, along, places), own);
  }

  /** Where the image shrinks, each result takes of all elements that it covers. */
  private Expr smoothed(Expr value, Along along, Expr source) {
    Expr stretch = node.call("minimum", along.scale, c.scalar(along.scale, 1));
    int reach = mode.equals("cubic") ? 2 : 1;
    Expr beyond =
        c.add(c.cast(c.unary("ceil", c.divide(c.scalar(stretch, reach), stretch)), DType.I64), 1);
    Expr number = c.add(sizes.number(along.from), c.multiply(beyond, 2));
    Dim all = sizes.decideOne(number);
    Expr places = c.subtract(sizes.positions(all), beyond);
    Expr distance = c.subtract(c.expandDims(c.cast(places, DType.F32), 1), c.expandDims(source, 0));
    Expr weights = kernel(c.unary("abs", c.multiply(distance, stretch)));
    if (node.flag("exclude_outside", false)) {
      Expr counts = c.expandDims(isInside(places, along), 1);
      weights = c.where(counts, weights, c.scalar(weights, 0));
    }
    weights = c.divide(weights, c.reduce("sum", weights, true, 0));
    int last = node.rank(0) - 1;
    Expr moved = c.moveAxis(at(value, along, places), along.axis, last);
    return c.moveAxis(c.matmul(moved, c.castLike(weights, value)), last, along.axis);
  }
}
