package org.jtvmc.tests.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jtvmc.ir.type.DType;

/** Sums, extremes and what is made of them. */
final class ReductionChoices {
  private static final double MOST = 1000;

  private ReductionChoices() {}

  static List<GraphChoice> all() {
    return List.of(
        ReductionChoices::reduce,
        ReductionChoices::reduce,
        ReductionChoices::softmax,
        ReductionChoices::softmax,
        ReductionChoices::layerNorm,
        ReductionChoices::layerNorm,
        ReductionChoices::instanceNorm,
        ReductionChoices::argument,
        ReductionChoices::cumulativeSum);
  }

  private static void reduce(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 1)
        .ifPresent(
            x -> {
              List<Long> axes = new ArrayList<>();
              for (long axis = 0; axis < x.rank(); axis++) {
                if (graph.coin()) {
                  axes.add(graph.coin() ? axis : axis - x.rank());
                }
              }
              if (axes.isEmpty()) {
                axes.add((long) graph.below(x.rank()));
              }
              boolean keep = graph.coin();
              List<Long> shape = new ArrayList<>();
              long reduced = 1;
              for (int axis = 0; axis < x.rank(); axis++) {
                if (axes.contains((long) axis) || axes.contains((long) axis - x.rank())) {
                  reduced *= x.size(axis);
                  if (keep) {
                    shape.add(1L);
                  }
                } else {
                  shape.add(x.size(axis));
                }
              }
              String operator =
                  graph.pick(
                      "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceL2", "ReduceL1");
              double bound =
                  switch (operator) {
                    case "ReduceSum", "ReduceL1", "ReduceL2" -> x.bound() * reduced;
                    default -> x.bound();
                  };
              if (bound > MOST) {
                return;
              }
              boolean exact =
                  x.exact() && (operator.equals("ReduceMax") || operator.equals("ReduceMin"));
              Map<String, Object> keepdims = Map.of("keepdims", keep ? 1L : 0L);
              if (operator.equals("ReduceSum")) {
                graph.add(
                    operator,
                    keepdims,
                    List.of(x.name(), graph.constants(axes)),
                    shape,
                    x.dtype(),
                    bound,
                    false);
              } else {
                graph.add(
                    operator,
                    Map.of("keepdims", keep ? 1L : 0L, "axes", axes),
                    x,
                    shape,
                    bound,
                    exact);
              }
            });
  }

  private static void softmax(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 1 && x.bound() <= 50)
        .ifPresent(
            x -> {
              long axis = (long) graph.below(2 * x.rank()) - x.rank();
              boolean log = graph.below(4) == 0;
              graph.add(
                  log ? "LogSoftmax" : "Softmax",
                  Map.of("axis", axis),
                  x,
                  x.shape(),
                  log ? 2 * x.bound() + 10 : 1,
                  false);
            });
  }

  /** In one operator, with the last axes. */
  private static void layerNorm(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 2 && x.size(-1) >= 3)
        .ifPresent(
            x -> {
              long channels = x.size(-1);
              graph.add(
                  "LayerNormalization",
                  Map.of("axis", -1L, "epsilon", 0.01f),
                  List.of(
                      x.name(),
                      graph.weight(0.5, 1.5, channels).name(),
                      graph.weight(-1, 1, channels).name()),
                  x.shape(),
                  x.dtype(),
                  1.5 * Math.sqrt(channels) + 1,
                  false);
            });
  }

  private static void instanceNorm(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 3 && x.elements() / (x.size(0) * x.size(1)) >= 4)
        .ifPresent(
            x -> {
              long channels = x.size(1);
              graph.add(
                  "InstanceNormalization",
                  Map.of("epsilon", 0.01f),
                  List.of(
                      x.name(),
                      graph.weight(0.5, 1.5, channels).name(),
                      graph.weight(-1, 1, channels).name()),
                  x.shape(),
                  x.dtype(),
                  1.5 * Math.sqrt((double) x.elements() / x.size(0) / channels) + 1,
                  false);
            });
  }

  private static void argument(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.exact() && x.rank() >= 1)
        .ifPresent(
            x -> {
              int axis = graph.below(x.rank());
              List<Long> shape =
                  new ArrayList<>(
                      IntStream.range(0, x.rank())
                          .filter(i -> i != axis)
                          .mapToObj(x::size)
                          .toList());
              graph.add(
                  graph.pick("ArgMax", "ArgMin"),
                  Map.of("axis", (long) axis, "keepdims", 0L),
                  List.of(x.name()),
                  shape,
                  DType.I64,
                  x.size(axis),
                  true);
            });
  }

  private static void cumulativeSum(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 1)
        .ifPresent(
            x -> {
              int axis = graph.below(x.rank());
              if (x.bound() * x.size(axis) > MOST) {
                return;
              }
              graph.add(
                  "CumSum",
                  Map.of("exclusive", (long) graph.below(2), "reverse", (long) graph.below(2)),
                  List.of(x.name(), graph.constants(List.of((long) axis))),
                  x.shape(),
                  x.dtype(),
                  x.bound() * x.size(axis),
                  false);
            });
  }
}
