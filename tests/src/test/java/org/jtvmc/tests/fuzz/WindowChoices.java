package org.jtvmc.tests.fuzz;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Convolutions and pooling of images. */
final class WindowChoices {
  /** What of a Resize repeats pixels, wherever its sizes come from. */
  static final Map<String, Object> NEAREST =
      Map.of(
          "mode",
          "nearest",
          "coordinate_transformation_mode",
          "asymmetric",
          "nearest_mode",
          "floor");

  private static final double MOST = 1000;

  private WindowChoices() {}

  static List<GraphChoice> all() {
    return List.of(
        WindowChoices::convolution,
        WindowChoices::convolution,
        WindowChoices::pointwise,
        WindowChoices::depthwise,
        WindowChoices::transposed,
        WindowChoices::pooling,
        WindowChoices::globalPooling,
        WindowChoices::resize);
  }

  private static boolean isImage(GraphValue x) {
    return x.isFloat() && x.rank() == 4;
  }

  /** Kernel, strides, dilations and padding that leave something of an image. */
  private record Window(
      List<Long> kernel, List<Long> strides, List<Long> dilations, List<Long> pads) {

    static Window draw(GraphGrower graph, boolean dilated) {
      List<Long> kernel = List.of(1L + graph.below(3), 1L + graph.below(3));
      List<Long> strides = List.of(1L + graph.below(2), 1L + graph.below(2));
      List<Long> dilations =
          dilated && graph.below(3) == 0 ? List.of(1L + graph.below(2), 2L) : List.of(1L, 1L);
      List<Long> pads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        pads.add((long) graph.below((int) Math.min(2, kernel.get(i % 2))));
      }
      return new Window(kernel, strides, dilations, pads);
    }

    /** The size after the window along an axis of the image; below 1 where it does not fit. */
    long result(GraphValue x, int axis) {
      long covered = dilations.get(axis) * (kernel.get(axis) - 1) + 1;
      long room = x.size(2 + axis) + pads.get(axis) + pads.get(2 + axis) - covered;
      return room < 0 ? 0 : room / strides.get(axis) + 1;
    }

    long area() {
      return kernel.get(0) * kernel.get(1);
    }

    boolean fits(GraphValue x) {
      return result(x, 0) >= 1 && result(x, 1) >= 1;
    }

    Map<String, Object> attributes() {
      Map<String, Object> attributes = new LinkedHashMap<>();
      attributes.put("kernel_shape", kernel);
      attributes.put("strides", strides);
      attributes.put("pads", pads);
      return attributes;
    }
  }

  private static void convolution(GraphGrower graph) {
    graph
        .any(x -> isImage(x) && x.size(1) <= 32)
        .ifPresent(
            x -> {
              long groups = x.size(1) % 2 == 0 && graph.below(4) == 0 ? 2 : 1;
              long filters = graph.pick(2L, 4L, 8L, 16L, 18L);
              convolve(graph, x, Window.draw(graph, true), groups, filters);
            });
  }

  private static void pointwise(GraphGrower graph) {
    graph
        .any(x -> isImage(x) && x.size(1) <= 32)
        .ifPresent(
            x -> {
              List<Long> ones = List.of(1L, 1L);
              Window window = new Window(ones, ones, ones, List.of(0L, 0L, 0L, 0L));
              convolve(graph, x, window, 1, graph.pick(1L, 4L, 16L, 17L, 32L));
            });
  }

  private static void depthwise(GraphGrower graph) {
    graph
        .any(x -> isImage(x) && x.size(1) > 1)
        .ifPresent(x -> convolve(graph, x, Window.draw(graph, true), x.size(1), x.size(1)));
  }

  private static void convolve(
      GraphGrower graph, GraphValue x, Window window, long groups, long filters) {
    long depth = x.size(1) / groups;
    double most = x.bound() * Math.sqrt(depth * window.area()) + 1;
    if (!window.fits(x) || most > MOST) {
      return;
    }
    double scale = 1 / Math.sqrt(depth * window.area());
    Map<String, Object> attributes = window.attributes();
    attributes.put("dilations", window.dilations());
    attributes.put("group", groups);
    List<String> arguments = new ArrayList<>();
    arguments.add(x.name());
    arguments.add(
        graph
            .weight(-scale, scale, filters, depth, window.kernel().get(0), window.kernel().get(1))
            .name());
    if (graph.coin()) {
      arguments.add(graph.weight(-1, 1, filters).name());
    }
    graph.add(
        "Conv",
        attributes,
        arguments,
        List.of(x.size(0), filters, window.result(x, 0), window.result(x, 1)),
        x.dtype(),
        most,
        false);
  }

  private static void transposed(GraphGrower graph) {
    graph
        .any(x -> isImage(x) && x.elements() < 2000 && x.size(1) <= 16)
        .ifPresent(
            x -> {
              long filters = graph.pick(1L, 3L, 8L);
              long kernel = 2L + graph.below(2);
              long stride = 1L + graph.below(2);
              double scale = 1 / Math.sqrt(x.size(1));
              double most = x.bound() * Math.sqrt(x.size(1)) * kernel * kernel;
              if (most > MOST) {
                return;
              }
              graph.add(
                  "ConvTranspose",
                  Map.of(
                      "kernel_shape", List.of(kernel, kernel), "strides", List.of(stride, stride)),
                  List.of(
                      x.name(),
                      graph.weight(-scale, scale, x.size(1), filters, kernel, kernel).name()),
                  List.of(
                      x.size(0),
                      filters,
                      (x.size(2) - 1) * stride + kernel,
                      (x.size(3) - 1) * stride + kernel),
                  x.dtype(),
                  most,
                  false);
            });
  }

  private static void pooling(GraphGrower graph) {
    graph
        .any(WindowChoices::isImage)
        .ifPresent(
            x -> {
              Window window = Window.draw(graph, false);
              if (!window.fits(x)) {
                return;
              }
              boolean maximum = graph.coin();
              Map<String, Object> attributes = window.attributes();
              if (!maximum) {
                attributes.put("count_include_pad", (long) graph.below(2));
              }
              graph.add(
                  maximum ? "MaxPool" : "AveragePool",
                  attributes,
                  x,
                  List.of(x.size(0), x.size(1), window.result(x, 0), window.result(x, 1)),
                  x.bound(),
                  maximum && x.exact());
            });
  }

  private static void globalPooling(GraphGrower graph) {
    graph
        .any(WindowChoices::isImage)
        .ifPresent(
            x ->
                graph.add(
                    graph.pick("GlobalAveragePool", "GlobalMaxPool"),
                    Map.of(),
                    x,
                    List.of(x.size(0), x.size(1), 1L, 1L),
                    x.bound(),
                    false));
  }

  private static void resize(GraphGrower graph) {
    graph
        .any(x -> isImage(x) && x.elements() < 4000)
        .ifPresent(
            x -> {
              long factor = 2;
              List<Long> shape =
                  List.of(x.size(0), x.size(1), x.size(2) * factor, x.size(3) * factor);
              boolean nearest = graph.coin();
              graph.add(
                  "Resize",
                  nearest
                      ? NEAREST
                      : Map.of("mode", "linear", "coordinate_transformation_mode", "half_pixel"),
                  List.of(x.name(), "", "", graph.constants(shape)),
                  shape,
                  x.dtype(),
                  x.bound(),
                  nearest && x.exact());
            });
  }
}
