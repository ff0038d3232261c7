package org.jtvmc.tests.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Matrix products; weights are scaled so that results keep the size of their inputs. */
final class ProductChoices {
  private static final double MOST = 1000;
  private static final long MOST_COLUMNS = 33;

  private ProductChoices() {}

  static List<GraphChoice> all() {
    return List.of(
        ProductChoices::withWeight,
        ProductChoices::withWeight,
        ProductChoices::withBias,
        ProductChoices::ofTwo,
        ProductChoices::withItself,
        ProductChoices::gemm);
  }

  private static GraphValue matrix(GraphGrower graph, long rows, long columns) {
    double scale = 1 / Math.sqrt(rows);
    return graph.weight(-scale, scale, rows, columns);
  }

  private static double bound(GraphValue x, long length) {
    return x.bound() * Math.sqrt(length);
  }

  private static void withWeight(GraphGrower graph) {
    graph.any(ProductChoices::isLeft).ifPresent(x -> product(graph, x));
  }

  private static boolean isLeft(GraphValue x) {
    return x.isFloat()
        && x.rank() >= 1
        && x.elements() / x.size(-1) * MOST_COLUMNS <= GraphGrower.MOST_ELEMENTS;
  }

  private static Optional<GraphValue> product(GraphGrower graph, GraphValue x) {
    long length = x.size(-1);
    if (bound(x, length) > MOST) {
      return Optional.empty();
    }
    long columns = graph.pick(1L, 3L, 8L, 16L, 17L, MOST_COLUMNS);
    List<Long> shape = new ArrayList<>(x.shape());
    shape.set(shape.size() - 1, columns);
    GraphValue result = new GraphValue("", shape, x.dtype(), bound(x, length), false);
    String name =
        graph.append(
            "MatMul",
            List.of(x.name(), matrix(graph, length, columns).name()),
            result,
            result.bound());
    return Optional.of(new GraphValue(name, shape, x.dtype(), result.bound(), false));
  }

  /** A dense layer as exporters write it. */
  private static void withBias(GraphGrower graph) {
    graph
        .any(x -> isLeft(x) && x.rank() >= 2)
        .flatMap(x -> product(graph, x))
        .ifPresent(
            y -> {
              GraphValue bias = graph.weight(-1, 1, y.size(-1));
              graph.append(
                  "Add",
                  graph.coin() ? List.of(y.name(), bias.name()) : List.of(bias.name(), y.name()),
                  y,
                  y.bound() + 1);
            });
  }

  private static void ofTwo(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() >= 2)
        .ifPresent(
            x ->
                graph
                    .any(
                        y ->
                            y.isFloat()
                                && y.rank() == 2
                                && y.size(0) == x.size(-1)
                                && x.bound() * y.bound() * x.size(-1) < MOST)
                    .ifPresent(
                        y -> {
                          List<Long> shape = new ArrayList<>(x.shape());
                          shape.set(shape.size() - 1, y.size(1));
                          graph.add(
                              "MatMul",
                              Map.of(),
                              List.of(x.name(), y.name()),
                              shape,
                              x.dtype(),
                              x.bound() * y.bound() * x.size(-1),
                              false);
                        }));
  }

  /** The scores of an attention: a value times its own transpose. */
  private static void withItself(GraphGrower graph) {
    graph
        .any(
            x ->
                x.isFloat()
                    && x.rank() >= 2
                    && x.bound() * x.bound() * x.size(-1) < MOST
                    && x.elements() < 3000)
        .ifPresent(
            x -> {
              List<Long> axes = new ArrayList<>();
              for (long i = 0; i < x.rank(); i++) {
                axes.add(i);
              }
              axes.add(axes.remove(x.rank() - 2));
              List<Long> turned = new ArrayList<>();
              axes.forEach(axis -> turned.add(x.size(axis.intValue())));
              graph.add("Transpose", Map.of("perm", axes), x, turned, x.bound(), x.exact());
              List<Long> shape = new ArrayList<>(x.shape());
              shape.set(shape.size() - 1, x.size(-2));
              graph.add(
                  "MatMul",
                  Map.of(),
                  List.of(x.name(), graph.lastOutput()),
                  shape,
                  x.dtype(),
                  x.bound() * x.bound() * x.size(-1),
                  false);
            });
  }

  private static void gemm(GraphGrower graph) {
    graph
        .any(x -> x.isFloat() && x.rank() == 2)
        .ifPresent(
            x -> {
              boolean turnFirst = graph.coin();
              boolean turnSecond = graph.coin();
              long rows = x.size(turnFirst ? 1 : 0);
              long length = x.size(turnFirst ? 0 : 1);
              long columns = graph.pick(1L, 5L, 16L, 24L);
              if (bound(x, length) > MOST) {
                return;
              }
              GraphValue second =
                  turnSecond ? matrix(graph, columns, length) : matrix(graph, length, columns);
              GraphValue bias = graph.weight(-1, 1, graph.broadcastable(List.of(rows, columns)));
              double most = 0.5 * x.bound() * length * second.bound() + 2;
              graph.add(
                  "Gemm",
                  Map.of(
                      "transA",
                      turnFirst ? 1L : 0L,
                      "transB",
                      turnSecond ? 1L : 0L,
                      "alpha",
                      0.5f,
                      "beta",
                      2f),
                  List.of(x.name(), second.name(), bias.name()),
                  List.of(rows, columns),
                  x.dtype(),
                  most,
                  false);
            });
  }
}
