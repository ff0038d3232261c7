package org.jtvmc.tests.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.jtvmc.ir.type.DType;

/** Functions of elements, alone and with broadcasting. */
final class ElementwiseChoices {
  private static final double MOST = 1000;

  private ElementwiseChoices() {}

  static List<GraphChoice> all() {
    return List.of(
        unary("Relu", bound -> bound),
        unary("Sigmoid", _ -> 1),
        unary("Tanh", _ -> 1),
        unary("Erf", _ -> 1),
        unary("Abs", bound -> bound),
        unary("Neg", bound -> bound),
        unary("Softplus", bound -> bound + 1),
        unary("Softsign", _ -> 1),
        unary("HardSwish", bound -> bound),
        unary("HardSigmoid", _ -> 1),
        unary("LeakyRelu", bound -> bound),
        unary("Elu", bound -> bound + 1),
        unary("Selu", bound -> 2 * bound + 2),
        unary("Identity", bound -> bound),
        unary("Sin", _ -> 1),
        unary("Cos", _ -> 1),
        unary("Atan", _ -> 2),
        ElementwiseChoices::exponential,
        ElementwiseChoices::rootOfSquare,
        ElementwiseChoices::clip,
        ElementwiseChoices::round,
        ElementwiseChoices::gelu,
        binary("Add", Double::sum),
        binary("Sub", Double::sum),
        binary("Mul", (a, b) -> a * b),
        binary("Max", Math::max),
        binary("Min", Math::max),
        binary("Add", Double::sum),
        binary("Mul", (a, b) -> a * b),
        ElementwiseChoices::divideByWeight,
        ElementwiseChoices::prelu,
        ElementwiseChoices::where,
        ElementwiseChoices::batchNorm);
  }

  private static GraphChoice unary(String operator, DoubleUnaryOperator bound) {
    return graph ->
        graph
            .anyFloat()
            .ifPresent(
                x ->
                    graph.add(
                        operator, Map.of(), x, x.shape(), bound.applyAsDouble(x.bound()), false));
  }

  private static void exponential(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.bound() <= 4)
        .ifPresent(x -> graph.add("Exp", Map.of(), x, x.shape(), Math.exp(x.bound()), false));
  }

  /** A root of what is not near zero, where it is steep. */
  private static void rootOfSquare(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.bound() <= 30)
        .ifPresent(
            x -> {
              String square =
                  last(graph, "Mul", List.of(x.name(), x.name()), x, x.bound() * x.bound());
              String raised =
                  last(
                      graph,
                      "Add",
                      List.of(square, graph.weight(0.5, 1).name()),
                      x,
                      x.bound() * x.bound() + 1);
              last(graph, graph.pick("Sqrt", "Log"), List.of(raised), x, x.bound() + 1);
            });
  }

  /** GELU as exporters write it. */
  private static void gelu(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.bound() <= 100)
        .ifPresent(
            x -> {
              GraphValue root = graph.weight(1.4142135, 1.4142136);
              String scaled = last(graph, "Div", List.of(x.name(), root.name()), x, x.bound());
              String erf = last(graph, "Erf", List.of(scaled), x, 1);
              String raised = last(graph, "Add", List.of(erf, graph.weight(1, 1).name()), x, 2);
              String product = last(graph, "Mul", List.of(x.name(), raised), x, 2 * x.bound());
              last(graph, "Mul", List.of(product, graph.weight(0.5, 0.5).name()), x, x.bound());
            });
  }

  private static String last(
      GraphGrower graph, String operator, List<String> arguments, GraphValue like, double bound) {
    return graph.append(operator, arguments, like, bound);
  }

  private static void clip(GraphGrower graph) {
    graph
        .anyFloat()
        .ifPresent(
            x ->
                graph.add(
                    "Clip",
                    Map.of(),
                    List.of(x.name(), graph.weight(-1, -0.5).name(), graph.weight(0.5, 2).name()),
                    x.shape(),
                    x.dtype(),
                    2,
                    x.exact()));
  }

  private static void round(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.exact())
        .ifPresent(
            x ->
                graph.add(
                    graph.pick("Round", "Floor", "Ceil", "Sign"),
                    Map.of(),
                    x,
                    x.shape(),
                    x.bound() + 1,
                    true));
  }

  private interface Bound {
    double of(double first, double second);
  }

  private static GraphChoice binary(String operator, Bound bound) {
    return graph ->
        graph
            .anyFloat()
            .ifPresent(
                x -> {
                  Optional<GraphValue> other =
                      graph.coin()
                          ? graph.any(y -> y.isFloat() && broadcast(x, y).isPresent())
                          : Optional.of(graph.weight(-2, 2, graph.broadcastable(x.shape())));
                  other.ifPresent(y -> combine(graph, operator, bound, x, y));
                });
  }

  private static void combine(
      GraphGrower graph, String operator, Bound bound, GraphValue x, GraphValue y) {
    double most = bound.of(x.bound(), y.bound());
    if (most > MOST) {
      return;
    }
    List<String> arguments =
        graph.coin() ? List.of(x.name(), y.name()) : List.of(y.name(), x.name());
    List<Long> shape = broadcast(x, y).orElseThrow();
    boolean exact = x.exact() && y.exact() && (operator.equals("Max") || operator.equals("Min"));
    graph.add(operator, Map.of(), arguments, shape, x.dtype(), most, exact);
  }

  /** The shape of both together; nothing where they do not fit. */
  static Optional<List<Long>> broadcast(GraphValue x, GraphValue y) {
    List<Long> shape = new ArrayList<>();
    int rank = Math.max(x.rank(), y.rank());
    for (int i = 0; i < rank; i++) {
      long a = i < rank - x.rank() ? 1 : x.size(i - (rank - x.rank()));
      long b = i < rank - y.rank() ? 1 : y.size(i - (rank - y.rank()));
      if (a != b && a != 1 && b != 1) {
        return Optional.empty();
      }
      shape.add(Math.max(a, b));
    }
    return Optional.of(shape);
  }

  private static void divideByWeight(GraphGrower graph) {
    graph
        .anyFloat()
        .ifPresent(
            x -> {
              GraphValue divisor = graph.weight(0.5, 2, graph.broadcastable(x.shape()));
              if (x.bound() < MOST / 2) {
                graph.add(
                    "Div",
                    Map.of(),
                    List.of(x.name(), divisor.name()),
                    x.shape(),
                    x.dtype(),
                    2 * x.bound(),
                    false);
              }
            });
  }

  private static void prelu(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 2)
        .ifPresent(
            x -> {
              List<Long> slopes = new ArrayList<>(java.util.Collections.nCopies(x.rank() - 1, 1L));
              slopes.set(0, x.size(1));
              graph.add(
                  "PRelu",
                  Map.of(),
                  List.of(x.name(), graph.weight(-0.5, 0.5, slopes).name()),
                  x.shape(),
                  x.dtype(),
                  x.bound(),
                  false);
            });
  }

  /** A choice by a comparison of exact values: a rounding error must not decide. */
  private static void where(GraphGrower graph) {
    Optional<GraphValue> compared = graph.any(x -> x.isFloat() && x.exact());
    Optional<GraphValue> chosen =
        compared.flatMap(c -> graph.any(x -> x.isFloat() && broadcast(c, x).isPresent()));
    chosen.ifPresent(
        x -> {
          GraphValue condition = compared.orElseThrow();
          GraphValue limit = graph.weight(-0.5, 0.5);
          String bool =
              graph.append(
                  graph.pick("Greater", "LessOrEqual"),
                  List.of(condition.name(), limit.name()),
                  new GraphValue("", condition.shape(), DType.BOOL, 1, true),
                  1);
          GraphValue otherwise = graph.weight(-1, 1);
          graph.add(
              "Where",
              Map.of(),
              List.of(bool, x.name(), otherwise.name()),
              broadcast(condition, x).orElseThrow(),
              x.dtype(),
              Math.max(x.bound(), 1),
              x.exact());
        });
  }

  private static void batchNorm(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 2 && x.bound() < 100)
        .ifPresent(
            x -> {
              long channels = x.size(1);
              graph.add(
                  "BatchNormalization",
                  Map.of(),
                  List.of(
                      x.name(),
                      graph.weight(0.5, 1.5, channels).name(),
                      graph.weight(-1, 1, channels).name(),
                      graph.weight(-1, 1, channels).name(),
                      graph.weight(0.5, 2, channels).name()),
                  x.shape(),
                  x.dtype(),
                  3 * x.bound() + 4,
                  false);
            });
  }
}
