package org.jtvmc.tests.fuzz;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Grows a random graph node by node, after NNSmith (ASPLOS 2023): an operator is added only where
 * its conditions on shapes and values hold, so that every graph is valid and its results are
 * comparable.
 */
final class GraphGrower {
  static final long MOST_ELEMENTS = 20_000;

  private final Random random;
  private final Map<String, NDArray> inputs = new LinkedHashMap<>();
  private final Map<String, NDArray> weights = new LinkedHashMap<>();
  private final List<GraphNode> nodes = new ArrayList<>();
  private final List<GraphValue> values = new ArrayList<>();

  private GraphGrower(long seed) {
    random = new Random(seed);
  }

  /** The graph of a seed; the same on every machine. */
  static RandomGraph grow(long seed) {
    return grow(seed, GraphChoices.all());
  }

  /** The same with operators that compute shapes, as exporters write them for open sizes. */
  static RandomGraph growOpen(long seed) {
    return grow(seed, GraphChoices.withShapes());
  }

  private static RandomGraph grow(long seed, List<GraphChoice> choices) {
    GraphGrower grower = new GraphGrower(seed);
    int inputs = 1 + grower.random.nextInt(3);
    for (int i = 0; i < inputs; i++) {
      grower.input();
    }
    int size = 1 + grower.random.nextInt(12);
    for (int attempts = 0; grower.nodes.size() < size && attempts < 40 * size; attempts++) {
      choices.get(grower.random.nextInt(choices.size())).grow(grower);
    }
    if (grower.nodes.isEmpty()) {
      GraphValue input = grower.values.getFirst();
      grower.add("Identity", Map.of(), input, input.shape(), input.bound(), input.exact());
    }
    return new RandomGraph(grower.inputs, grower.weights, grower.nodes, grower.outputs());
  }

  private void input() {
    String name = "x" + inputs.size();
    boolean image = coin();
    List<Long> shape = new ArrayList<>();
    if (image) {
      shape.addAll(List.of(1L + random.nextInt(2), pick(1L, 3L, 4L, 8L, 16L, 17L), size(), size()));
    } else {
      for (int rank = 1 + random.nextInt(4); rank > 0; rank--) {
        shape.add(size());
      }
    }
    while (product(shape) > MOST_ELEMENTS / 4) {
      shape.set(random.nextInt(shape.size()), 1L);
    }
    NDArray array = NDArray.allocate(type(DType.F32, shape));
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, random.nextInt(12) == 0 ? random.nextInt(5) - 2 : real(-2, 2));
    }
    inputs.put(name, array);
    values.add(new GraphValue(name, shape, DType.F32, 2, true));
  }

  /** The values that nothing reads, and now and then one that something does. */
  private List<String> outputs() {
    Set<String> read = new HashSet<>();
    nodes.forEach(node -> read.addAll(node.inputs()));
    List<String> outputs = new ArrayList<>();
    for (GraphNode node : nodes) {
      for (String output : node.outputs()) {
        if (!read.contains(output) || random.nextInt(8) == 0) {
          outputs.add(output);
        }
      }
    }
    return outputs;
  }

  boolean coin() {
    return random.nextBoolean();
  }

  int below(int limit) {
    return random.nextInt(limit);
  }

  long size() {
    return pick(1L, 2L, 3L, 4L, 5L, 7L, 8L, 12L, 16L, 19L);
  }

  double real(double least, double most) {
    return least + random.nextDouble() * (most - least);
  }

  @SafeVarargs
  final <T> T pick(T... options) {
    return options[random.nextInt(options.length)];
  }

  /** A value for which the condition holds, late ones more often, so that chains grow. */
  Optional<GraphValue> any(Predicate<GraphValue> condition) {
    List<GraphValue> fitting = values.stream().filter(condition).toList();
    if (fitting.isEmpty()) {
      return Optional.empty();
    }
    int late = Math.min(fitting.size(), 3);
    return Optional.of(
        coin()
            ? fitting.get(fitting.size() - 1 - random.nextInt(late))
            : fitting.get(random.nextInt(fitting.size())));
  }

  Optional<GraphValue> anyFloat() {
    return any(GraphValue::isFloat);
  }

  /** A weight of random reals in {@code [least, most]}. */
  GraphValue weight(double least, double most, long... shape) {
    return weight(least, most, LongStream.of(shape).boxed().toList());
  }

  GraphValue weight(double least, double most, List<Long> shape) {
    NDArray array = NDArray.allocate(type(DType.F32, shape));
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, real(least, most));
    }
    String name = "w" + weights.size();
    weights.put(name, array);
    return new GraphValue(name, shape, DType.F32, Math.max(Math.abs(least), Math.abs(most)), true);
  }

  /** A vector of reals that is part of the model. */
  GraphValue reals(List<Float> numbers) {
    NDArray array = NDArray.allocate(type(DType.F32, List.of((long) numbers.size())));
    for (int i = 0; i < numbers.size(); i++) {
      array.setDouble(i, numbers.get(i));
    }
    String name = "w" + weights.size();
    weights.put(name, array);
    return new GraphValue(name, List.of((long) numbers.size()), DType.F32, 8, true);
  }

  /** A vector of int64 that is part of the model; its name. */
  String constants(List<Long> numbers) {
    String name = "w" + weights.size();
    weights.put(name, NDArray.ofLongs(numbers));
    return name;
  }

  /** A shape that broadcasts with the given one: shorter, or with ones. */
  List<Long> broadcastable(List<Long> shape) {
    List<Long> part =
        new ArrayList<>(shape.subList(random.nextInt(shape.size() + 1), shape.size()));
    part.replaceAll(size -> random.nextInt(3) == 0 ? 1L : size);
    return part;
  }

  void add(
      String operator,
      Map<String, ?> attributes,
      GraphValue input,
      List<Long> shape,
      double bound,
      boolean exact) {
    add(operator, attributes, List.of(input.name()), shape, input.dtype(), bound, exact);
  }

  /** Adds a node of one output, unless that would be too large. */
  void add(
      String operator,
      Map<String, ?> attributes,
      List<String> arguments,
      List<Long> shape,
      DType dtype,
      double bound,
      boolean exact) {
    add(operator, attributes, arguments, List.of(new GraphValue("", shape, dtype, bound, exact)));
  }

  /** Adds a node of one output like the given value, and returns the output's name. */
  String append(String operator, List<String> arguments, GraphValue like, double bound) {
    int before = nodes.size();
    add(
        operator,
        Map.of(),
        arguments,
        like.shape(),
        like.dtype(),
        bound,
        like.dtype().isBool() && like.exact());
    if (nodes.size() == before) {
      throw new IllegalStateException("%s of %s is too large".formatted(operator, like));
    }
    return lastOutput();
  }

  /** The first output of the node added last. */
  String lastOutput() {
    return nodes.getLast().outputs().getFirst();
  }

  /** Adds a node of any number of outputs, which get their names here. */
  void add(
      String operator,
      Map<String, ?> attributes,
      List<String> arguments,
      List<GraphValue> results) {
    if (results.stream()
        .anyMatch(result -> result.elements() > MOST_ELEMENTS || result.rank() > 5)) {
      return;
    }
    String node = "v" + nodes.size();
    List<GraphValue> named = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      GraphValue result = results.get(i);
      String name = node + "_output" + (i == 0 ? "" : "_" + i);
      named.add(
          new GraphValue(name, result.shape(), result.dtype(), result.bound(), result.exact()));
    }
    nodes.add(
        new GraphNode(
            operator,
            List.copyOf(arguments),
            new LinkedHashMap<>(attributes),
            named.stream().map(GraphValue::name).toList()));
    values.addAll(named);
  }

  private static long product(List<Long> sizes) {
    return sizes.stream().reduce(1L, (a, b) -> a * b);
  }

  private static TensorType type(DType dtype, List<Long> shape) {
    return TensorType.of(dtype, shape.stream().mapToLong(Long::longValue).toArray());
  }
}
