package org.jtvmc.tests.fuzz;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Operators that move elements and compute nothing. */
final class MovementChoices {

  private MovementChoices() {}

  static List<GraphChoice> all() {
    return List.of(
        MovementChoices::transpose,
        MovementChoices::transpose,
        MovementChoices::reshape,
        MovementChoices::reshape,
        MovementChoices::flatten,
        MovementChoices::unsqueeze,
        MovementChoices::squeeze,
        MovementChoices::concatenate,
        MovementChoices::concatenate,
        MovementChoices::split,
        MovementChoices::slice,
        MovementChoices::slice,
        MovementChoices::pad,
        MovementChoices::expand,
        MovementChoices::tile,
        MovementChoices::gather,
        MovementChoices::depthToSpace,
        MovementChoices::castThere);
  }

  private static void transpose(GraphGrower graph) {
    graph
        .any(x -> x.rank() >= 2)
        .ifPresent(
            x -> {
              List<Long> axes = new ArrayList<>();
              for (long i = 0; i < x.rank(); i++) {
                axes.add(i);
              }
              Collections.shuffle(axes, new Random(graph.below(1 << 20)));
              List<Long> shape = axes.stream().map(axis -> x.size(axis.intValue())).toList();
              graph.add("Transpose", Map.of("perm", axes), x, shape, x.bound(), x.exact());
            });
  }

  /** Neighbouring axes become one, or one becomes two. */
  private static void reshape(GraphGrower graph) {
    graph
        .any(x -> x.rank() >= 1)
        .ifPresent(
            x -> {
              List<Long> shape = new ArrayList<>(x.shape());
              int axis = graph.below(shape.size());
              if (graph.coin() && axis + 1 < shape.size()) {
                shape.set(axis, shape.get(axis) * shape.remove(axis + 1));
              } else {
                long size = shape.get(axis);
                long part = size % 4 == 0 ? 4 : size % 2 == 0 ? 2 : 1;
                shape.set(axis, size / part);
                shape.add(axis + 1, part);
              }
              List<Long> written = new ArrayList<>(shape);
              if (graph.coin()) {
                written.set(graph.below(written.size()), -1L);
              }
              move(graph, "Reshape", Map.of(), x, graph.constants(written), shape);
            });
  }

  private static void flatten(GraphGrower graph) {
    graph
        .any(x -> x.rank() >= 2)
        .ifPresent(
            x -> {
              int axis = 1 + graph.below(x.rank() - 1);
              long rows = x.shape().subList(0, axis).stream().reduce(1L, (a, b) -> a * b);
              graph.add(
                  "Flatten",
                  Map.of("axis", (long) axis),
                  x,
                  List.of(rows, x.elements() / rows),
                  x.bound(),
                  x.exact());
            });
  }

  private static void unsqueeze(GraphGrower graph) {
    graph
        .any(x -> x.rank() <= 3)
        .ifPresent(
            x -> {
              int axis = graph.below(x.rank() + 1);
              List<Long> shape = new ArrayList<>(x.shape());
              shape.add(axis, 1L);
              move(graph, "Unsqueeze", Map.of(), x, graph.constants(List.of((long) axis)), shape);
            });
  }

  private static void squeeze(GraphGrower graph) {
    graph
        .any(x -> x.shape().contains(1L))
        .ifPresent(
            x -> {
              int axis = x.shape().indexOf(1L);
              List<Long> shape = new ArrayList<>(x.shape());
              shape.remove(axis);
              move(graph, "Squeeze", Map.of(), x, graph.constants(List.of((long) axis)), shape);
            });
  }

  private static void concatenate(GraphGrower graph) {
    graph
        .any(x -> x.rank() >= 1)
        .ifPresent(
            x -> {
              int axis = graph.below(x.rank());
              graph
                  .any(
                      y -> {
                        List<Long> like = new ArrayList<>(y.shape());
                        if (y.rank() == x.rank()) {
                          like.set(axis, x.size(axis));
                        }
                        return y.dtype().equals(x.dtype()) && like.equals(x.shape());
                      })
                  .ifPresent(
                      y -> {
                        List<Long> shape = new ArrayList<>(x.shape());
                        shape.set(axis, x.size(axis) + y.size(axis));
                        graph.add(
                            "Concat",
                            Map.of("axis", graph.coin() ? axis : (long) axis - x.rank()),
                            List.of(x.name(), y.name()),
                            shape,
                            x.dtype(),
                            Math.max(x.bound(), y.bound()),
                            x.exact() && y.exact());
                      });
            });
  }

  private static void split(GraphGrower graph) {
    graph
        .any(x -> x.shape().stream().anyMatch(size -> size >= 2))
        .ifPresent(
            x -> {
              int axis = 0;
              while (x.size(axis) < 2) {
                axis++;
              }
              long first = 1L + graph.below((int) x.size(axis) - 1);
              List<Long> one = new ArrayList<>(x.shape());
              one.set(axis, first);
              List<Long> two = new ArrayList<>(x.shape());
              two.set(axis, x.size(axis) - first);
              graph.add(
                  "Split",
                  Map.of("axis", (long) axis),
                  List.of(x.name(), graph.constants(List.of(first, x.size(axis) - first))),
                  List.of(
                      new GraphValue("", one, x.dtype(), x.bound(), x.exact()),
                      new GraphValue("", two, x.dtype(), x.bound(), x.exact())));
            });
  }

  private static void slice(GraphGrower graph) {
    graph
        .any(x -> x.rank() >= 1)
        .ifPresent(
            x -> {
              int axis = graph.below(x.rank());
              long size = x.size(axis);
              long start = graph.below((int) size);
              long end = start + 1 + graph.below((int) (size - start));
              boolean backwards = graph.below(4) == 0;
              long step = backwards ? -1 : 1 + graph.below(2);
              List<Long> shape = new ArrayList<>(x.shape());
              shape.set(axis, (end - start + Math.abs(step) - 1) / Math.abs(step));
              // Backwards from the last element of the range to its first.
              long from = backwards ? end - 1 : start;
              long to = backwards ? (start == 0 ? Long.MIN_VALUE + 1 : start - 1) : end;
              graph.add(
                  "Slice",
                  Map.of(),
                  List.of(
                      x.name(),
                      graph.constants(List.of(from)),
                      graph.constants(List.of(to)),
                      graph.constants(List.of((long) axis)),
                      graph.constants(List.of(step))),
                  shape,
                  x.dtype(),
                  x.bound(),
                  x.exact());
            });
  }

  private static void pad(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 1 && x.shape().stream().allMatch(size -> size >= 3))
        .ifPresent(
            x -> {
              List<Long> pads = new ArrayList<>();
              for (int i = 0; i < 2 * x.rank(); i++) {
                pads.add((long) graph.below(3));
              }
              List<Long> shape = new ArrayList<>();
              for (int axis = 0; axis < x.rank(); axis++) {
                shape.add(x.size(axis) + pads.get(axis) + pads.get(axis + x.rank()));
              }
              move(
                  graph,
                  "Pad",
                  Map.of("mode", graph.pick("constant", "reflect", "edge")),
                  x,
                  graph.constants(pads),
                  shape);
            });
  }

  private static void expand(GraphGrower graph) {
    graph
        .any(x -> x.shape().contains(1L))
        .ifPresent(
            x -> {
              List<Long> shape = new ArrayList<>(x.shape());
              shape.set(shape.indexOf(1L), 1L + graph.below(4));
              move(graph, "Expand", Map.of(), x, graph.constants(shape), shape);
            });
  }

  private static void tile(GraphGrower graph) {
    graph
        .any(x -> x.rank() >= 1)
        .ifPresent(
            x -> {
              List<Long> repeats = new ArrayList<>(Collections.nCopies(x.rank(), 1L));
              repeats.set(graph.below(x.rank()), 2L);
              List<Long> shape = new ArrayList<>();
              for (int axis = 0; axis < x.rank(); axis++) {
                shape.add(x.size(axis) * repeats.get(axis));
              }
              move(graph, "Tile", Map.of(), x, graph.constants(repeats), shape);
            });
  }

  private static void gather(GraphGrower graph) {
    graph
        .any(x -> x.rank() >= 1)
        .ifPresent(
            x -> {
              int axis = graph.below(x.rank());
              List<Long> indices = new ArrayList<>();
              for (int i = 1 + graph.below(4); i > 0; i--) {
                indices.add(graph.below((int) (2 * x.size(axis))) - x.size(axis));
              }
              List<Long> shape = new ArrayList<>(x.shape());
              shape.set(axis, (long) indices.size());
              move(
                  graph, "Gather", Map.of("axis", (long) axis), x, graph.constants(indices), shape);
            });
  }

  private static void depthToSpace(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() == 4 && x.size(1) % 4 == 0)
        .ifPresent(
            x ->
                graph.add(
                    "DepthToSpace",
                    Map.of("blocksize", 2L, "mode", graph.pick("DCR", "CRD")),
                    x,
                    List.of(x.size(0), x.size(1) / 4, x.size(2) * 2, x.size(3) * 2),
                    x.bound(),
                    x.exact()));
  }

  /** Integers of an exact value come back as floats. */
  private static void castThere(GraphGrower graph) {
    graph
        .any(x -> !x.isFloat() && x.exact())
        .ifPresent(
            x ->
                graph.add(
                    "Cast",
                    Map.of("to", 1L),
                    List.of(x.name()),
                    x.shape(),
                    org.jtvmc.ir.type.DType.F32,
                    x.bound(),
                    true));
  }

  private static void move(
      GraphGrower graph,
      String operator,
      Map<String, ?> attributes,
      GraphValue x,
      String second,
      List<Long> shape) {
    graph.add(
        operator, attributes, List.of(x.name(), second), shape, x.dtype(), x.bound(), x.exact());
  }
}
