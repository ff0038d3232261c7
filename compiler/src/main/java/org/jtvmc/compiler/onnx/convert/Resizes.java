package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.Dim;

/**
 * Resize and, before it, Upsample.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__Resize.html">Resize</a>
 */
final class Resizes {

  private Resizes() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(
            7,
            "Upsample",
            node ->
                simple(
                    node,
                    node.reals("scales")
                        .map(list -> list.stream().map(Float::doubleValue).toList())
                        .orElse(List.of()))),
        Conversion.from(9, "Upsample", node -> simple(node, node.reals(1, "scales"))),
        Conversion.from(10, "Resize", node -> simple(node, node.reals(1, "scales"))),
        Conversion.from(11, "Resize", Resizes::resize));
  }

  /** Before version 11 a coordinate was divided by the scale and nothing else. */
  private static Expr simple(OnnxNode node, List<Double> scales) {
    boolean grows = scales.stream().allMatch(scale -> scale >= 1);
    boolean shrinks = scales.stream().allMatch(scale -> scale <= 1);
    var mode = mode(node);
    if (mode.equals("nearest") && !grows && !shrinks) {
      throw node.fault("grows in one direction and shrinks in another, which is not supported");
    }
    return node.call(
        "image.resize",
        Attributes.builder()
            .putSizes("sizes", scaledSizes(node, scales))
            .putReals("scales", scales)
            .put("mode", mode)
            .put("coordinate_transformation_mode", "asymmetric")
            .put("nearest_mode", grows ? "floor" : "ceil"),
        node.input(0));
  }

  /** The interpolation; what is linear in two directions had a name of its own once. */
  private static String mode(OnnxNode node) {
    var mode = node.text("mode", "nearest");
    return mode.equals("bilinear") ? "linear" : mode;
  }

  private static Expr resize(OnnxNode node) {
    var axes =
        node.integers("axes")
            .map(list -> list.stream().map(axis -> node.axis(axis, node.rank(0))).toList());
    var attributes =
        Attributes.builder()
            .put("mode", node.text("mode", "nearest"))
            .put(
                "coordinate_transformation_mode",
                node.text("coordinate_transformation_mode", "half_pixel"))
            .put("nearest_mode", node.text("nearest_mode", "round_prefer_floor"))
            .put("cubic_coeff_a", node.real("cubic_coeff_a", -0.75))
            .put("exclude_outside", node.flag("exclude_outside", false))
            .put("extrapolation_value", node.real("extrapolation_value", 0));
    if (node.text("coordinate_transformation_mode", "").equals("tf_crop_and_resize")) {
      attributes.putReals("roi", regionOnAllAxes(node, node.reals(1, "a region"), axes));
    }
    var scales = given(node, 2) ? node.reals(2, "scales") : List.<Double>of();
    if (!scales.isEmpty()) {
      var all = onAllAxes(node, scales, axes, Collections.nCopies(node.rank(0), 1.0));
      if (smooths(node, all.stream().anyMatch(scale -> scale < 1))) {
        return Antialias.of(node, scaled(node, all), all);
      }
      attributes.putSizes("sizes", scaledSizes(node, all)).putReals("scales", all);
    } else if (given(node, 3) && isOpen(node)) {
      attributes.putSizes("sizes", openSizes(node, axes));
    } else if (given(node, 3)) {
      var sizes = onAllAxes(node, node.integers(3, "sizes"), axes, node.sizes(0));
      var scalesOf = keepAspectRatio(node, sizes, axes, attributes);
      if (smooths(node, scalesOf.scales.stream().anyMatch(scale -> scale < 1))) {
        return Antialias.of(node, scalesOf.sizes, scalesOf.scales);
      }
    } else {
      throw node.fault("has neither scales nor sizes");
    }
    return node.call("image.resize", attributes, node.input(0));
  }

  /** An input that is present and not empty: exporters write empty tensors for what is left out. */
  private static boolean given(OnnxNode node, int input) {
    return node.has(input)
        && node.type(input).shape().stream().noneMatch(d -> d.isKnown() && d.value() == 0);
  }

  /** The sizes of the result, and the factors that lead to them. */
  private record Scaled(List<Long> sizes, List<Double> scales) {}

  private static Scaled keepAspectRatio(
      OnnxNode node,
      List<Long> sizes,
      Optional<List<Integer>> axes,
      Attributes.Builder attributes) {
    var from = node.sizes(0);
    var policy = node.text("keep_aspect_ratio_policy", "stretch");
    if (policy.equals("stretch")) {
      attributes.put("sizes", sizes);
      return new Scaled(
          sizes,
          IntStream.range(0, sizes.size())
              .mapToObj(i -> (double) sizes.get(i) / from.get(i))
              .toList());
    }
    var resized = axes.orElseGet(() -> IntStream.range(0, sizes.size()).boxed().toList());
    var ratios = resized.stream().mapToDouble(i -> (double) sizes.get(i) / from.get(i));
    double scale =
        switch (policy) {
          case "not_larger" -> ratios.min().orElse(1);
          case "not_smaller" -> ratios.max().orElse(1);
          default -> throw node.fault("keeps the aspect ratio by '%s'".formatted(policy));
        };
    var kept = new ArrayList<>(from);
    var scales = new ArrayList<>(Collections.nCopies(from.size(), 1.0));
    for (int axis : resized) {
      kept.set(axis, Math.round(scale * from.get(axis)));
      scales.set(axis, scale);
    }
    attributes.put("sizes", kept).putReals("scales", scales);
    return new Scaled(kept, scales);
  }

  /** Smoothing changes the result only where the image shrinks. */
  private static boolean smooths(OnnxNode node, boolean shrinks) {
    return shrinks
        && node.flag("antialias", false)
        && List.of("linear", "cubic").contains(node.text("mode", "nearest"));
  }

  /** Whether a size of the input or of the result is known only at run time. */
  private static boolean isOpen(OnnxNode node) {
    return !node.type(0).isStatic()
        || node.integersOrSizes(3, "sizes").stream()
            .anyMatch(AttributeValue.Size.class::isInstance);
  }

  private static List<Dim> openSizes(OnnxNode node, Optional<List<Integer>> axes) {
    if (!node.text("keep_aspect_ratio_policy", "stretch").equals("stretch")
        || node.flag("antialias", false)) {
      throw node.fault(
          "keeps the aspect ratio or smooths, for which all sizes have to be known; give numbers"
              + " with --input-shapes");
    }
    var wanted =
        node.integersOrSizes(3, "sizes").stream()
            .map(
                size ->
                    switch (size) {
                      case AttributeValue.Size(Dim open) -> open;
                      case AttributeValue.Int(long number) when number >= 0 -> Dim.of(number);
                      case AttributeValue other ->
                          throw node.fault("has %s for a size".formatted(other));
                    })
            .toList();
    return onAllAxes(node, wanted, axes, node.type(0).shape());
  }

  /** The sizes of the result, where those of the input may be open. */
  private static List<Dim> scaledSizes(OnnxNode node, List<Double> scales) {
    var shape = node.type(0).shape();
    if (node.type(0).isStatic() || scales.size() != shape.size()) {
      return scaled(node, scales).stream().map(Dim::of).toList();
    }
    return IntStream.range(0, shape.size())
        .mapToObj(
            i ->
                ScaledSize.of(shape.get(i), scales.get(i).floatValue())
                    .orElseThrow(
                        () ->
                            node.fault(
                                "resizes the open size %s by %s, which is no simple fraction; give numbers with --input-shapes"
                                    .formatted(shape.get(i), scales.get(i).floatValue()))))
        .toList();
  }

  private static List<Long> scaled(OnnxNode node, List<Double> scales) {
    var sizes = node.sizes(0);
    if (scales.size() != sizes.size()) {
      throw node.fault("has %d scales for %d dimensions".formatted(scales.size(), sizes.size()));
    }
    if (!scales.stream().allMatch(scale -> scale > 0 && scale < Integer.MAX_VALUE)) {
      throw node.fault("resizes by %s, which are no scales".formatted(scales));
    }
    var result = new ArrayList<Long>();
    for (int i = 0; i < sizes.size(); i++) {
      result.add(ScaledSize.of(sizes.get(i), scales.get(i).floatValue()));
    }
    return result;
  }

  private static <T> List<T> onAllAxes(
      OnnxNode node, List<T> values, Optional<List<Integer>> axes, List<T> otherwise) {
    int resized = axes.map(List::size).orElse(node.rank(0));
    if (values.size() != resized) {
      throw node.fault("resizes %d axes and gives %d values".formatted(resized, values.size()));
    }
    if (axes.isEmpty()) {
      return values;
    }
    var all = new ArrayList<>(otherwise);
    for (int i = 0; i < values.size(); i++) {
      all.set(axes.get().get(i), values.get(i));
    }
    return all;
  }

  /** Starts of all axes, then ends. */
  private static List<Double> regionOnAllAxes(
      OnnxNode node, List<Double> region, Optional<List<Integer>> axes) {
    int half = region.size() / 2;
    int rank = node.rank(0);
    var all =
        new ArrayList<>(
            onAllAxes(node, region.subList(0, half), axes, Collections.nCopies(rank, 0.0)));
    all.addAll(
        onAllAxes(node, region.subList(half, region.size()), axes, Collections.nCopies(rank, 1.0)));
    return all;
  }
}
