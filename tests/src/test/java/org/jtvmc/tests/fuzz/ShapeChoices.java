package org.jtvmc.tests.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.type.DType;

/** What exporters compute of shapes where sizes are open. */
final class ShapeChoices {

  private ShapeChoices() {}

  static List<GraphChoice> all() {
    return List.of(
        ShapeChoices::mergeRest,
        ShapeChoices::mergeRest,
        ShapeChoices::splitLast,
        ShapeChoices::expandLike,
        ShapeChoices::resizeLike,
        ShapeChoices::halve,
        ShapeChoices::positions,
        ShapeChoices::resizeByScale,
        ShapeChoices::resizeByScale);
  }

  private static GraphValue vector(long size) {
    return new GraphValue("", List.of(size), DType.I64, 1 << 20, false);
  }

  private static String shape(GraphGrower graph, GraphValue x) {
    return graph.append("Shape", List.of(x.name()), vector(x.rank()), 1 << 20);
  }

  /** The size along an axis, as a vector of one. */
  private static String size(GraphGrower graph, GraphValue x, long axis) {
    return graph.append(
        "Gather", List.of(shape(graph, x), graph.constants(List.of(axis))), vector(1), 1 << 20);
  }

  private static String joined(GraphGrower graph, long count, String... parts) {
    graph.add(
        "Concat", Map.of("axis", 0L), List.of(parts), List.of(count), DType.I64, 1 << 20, false);
    return graph.lastOutput();
  }

  private static void moved(
      GraphGrower graph, String operator, GraphValue x, String second, List<Long> shape) {
    graph.add(
        operator, Map.of(), List.of(x.name(), second), shape, x.dtype(), x.bound(), x.exact());
  }

  /** A batch of vectors: {@code reshape(x, [shape(x)[0], -1])}. */
  private static void mergeRest(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 2)
        .ifPresent(
            x -> {
              String shape = joined(graph, 2, size(graph, x, 0), graph.constants(List.of(-1L)));
              moved(graph, "Reshape", x, shape, List.of(x.size(0), x.elements() / x.size(0)));
            });
  }

  /** Heads of an attention: {@code reshape(x, [shape(x)[0], shape(x)[1], parts, -1])}. */
  private static void splitLast(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() == 3 && x.size(2) % 2 == 0)
        .ifPresent(
            x -> {
              String shape =
                  joined(
                      graph,
                      4,
                      size(graph, x, 0),
                      size(graph, x, 1),
                      graph.constants(List.of(2L, -1L)));
              moved(graph, "Reshape", x, shape, List.of(x.size(0), x.size(1), 2L, x.size(2) / 2));
            });
  }

  /** A row stretched to the shape of a value. */
  private static void expandLike(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 1)
        .ifPresent(
            x -> {
              List<Long> ones = new ArrayList<>(x.shape());
              ones.replaceAll(_ -> 1L);
              GraphValue row = graph.weight(-1, 1, ones);
              moved(graph, "Expand", row, shape(graph, x), x.shape());
            });
  }

  /** An image brought to the size of another. */
  private static void resizeLike(GraphGrower graph) {
    graph
        .any(ShapeChoices::isSmallImage)
        .ifPresent(
            x ->
                graph
                    .any(y -> isSmallImage(y) && y.elements() / y.size(1) * x.size(1) < 4000)
                    .ifPresent(
                        y -> {
                          String batch = size(graph, x, 0);
                          String sizes =
                              joined(
                                  graph,
                                  4,
                                  batch,
                                  graph.constants(List.of(x.size(1))),
                                  size(graph, y, 2),
                                  size(graph, y, 3));
                          graph.add(
                              "Resize",
                              Map.of(
                                  "mode",
                                  "linear",
                                  "coordinate_transformation_mode",
                                  graph.pick("half_pixel", "align_corners", "asymmetric")),
                              List.of(x.name(), "", "", sizes),
                              List.of(x.size(0), x.size(1), y.size(2), y.size(3)),
                              x.dtype(),
                              x.bound(),
                              false);
                        }));
  }

  private static boolean isSmallImage(GraphValue x) {
    return x.isFloat() && x.rank() == 4 && x.elements() < 4000;
  }

  /** The first half: {@code slice(x, 0, shape(x)[axis] / 2)}. */
  private static void halve(GraphGrower graph) {
    graph
        .any(x -> x.rank() >= 1 && x.shape().stream().allMatch(size -> size >= 2))
        .ifPresent(
            x -> {
              long axis = graph.below(x.rank());
              String half =
                  graph.append(
                      "Div",
                      List.of(size(graph, x, axis), graph.constants(List.of(2L))),
                      vector(1),
                      1 << 20);
              List<Long> shape = new ArrayList<>(x.shape());
              shape.set((int) axis, x.size((int) axis) / 2);
              graph.add(
                  "Slice",
                  Map.of(),
                  List.of(
                      x.name(), graph.constants(List.of(0L)), half, graph.constants(List.of(axis))),
                  shape,
                  x.dtype(),
                  x.bound(),
                  x.exact());
            });
  }

  /** The first rows of a table, as many as the value has. */
  private static void positions(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 2 && x.size(-2) <= 40)
        .ifPresent(
            x -> {
              GraphValue table = graph.weight(-1, 1, 40, x.size(-1));
              graph.add(
                  "Slice",
                  Map.of(),
                  List.of(
                      table.name(),
                      graph.constants(List.of(0L)),
                      size(graph, x, x.rank() - 2L),
                      graph.constants(List.of(0L))),
                  List.of(x.size(-2), x.size(-1)),
                  DType.F32,
                  1,
                  true);
              graph.append("Add", List.of(x.name(), graph.lastOutput()), x, x.bound() + 1);
            });
  }

  private static void resizeByScale(GraphGrower graph) {
    graph
        .any(ShapeChoices::isSmallImage)
        .ifPresent(
            x -> {
              float scale = graph.pick(0.5f, 1.5f, 2f, 3f, 0.75f);
              GraphValue scales = graph.reals(List.of(1f, 1f, scale, scale));
              List<Long> shape =
                  List.of(
                      x.size(0), x.size(1), (long) (x.size(2) * scale), (long) (x.size(3) * scale));
              if (shape.contains(0L)) {
                return;
              }
              boolean nearest = graph.coin();
              graph.add(
                  "Resize",
                  nearest
                      ? WindowChoices.NEAREST
                      : Map.of(
                          "mode",
                          graph.pick("linear", "cubic"),
                          "coordinate_transformation_mode",
                          graph.pick("half_pixel", "pytorch_half_pixel", "align_corners")),
                  List.of(x.name(), "", scales.name()),
                  shape,
                  x.dtype(),
                  2 * x.bound(),
                  false);
            });
  }
}
