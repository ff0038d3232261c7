package org.jtvmc.tests.fuzz;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.tests.operators.OnnxRuntimeReference;

/**
 * A random graph some of whose inputs' sizes are open: as many as the graph allows, which ONNX
 * Runtime knows.
 *
 * @param graph with inputs of the usual sizes
 * @param shapes of the inputs, with names for open sizes
 * @param runs other sizes that fit together, by name
 */
record OpenGraph(
    RandomGraph graph, Map<String, List<String>> shapes, List<Map<String, Long>> runs) {
  private static final long[] SIZES = {1, 2, 3, 4, 5, 6, 8, 11, 16, 17, 23, 33};
  private static final long MOST_ELEMENTS = 4 * GraphGrower.MOST_ELEMENTS;

  /**
   * Opens the sizes of a graph.
   *
   * @param count of runs to look for; fewer are found where sizes that fit are rare
   */
  static OpenGraph of(RandomGraph graph, long seed, int count) {
    Random random = new Random(seed);
    Map<String, List<String>> shapes = new LinkedHashMap<>();
    graph
        .inputs()
        .forEach(
            (name, value) ->
                shapes.put(
                    name,
                    new ArrayList<>(value.type().sizes().stream().map(Object::toString).toList())));
    OpenGraph open = new OpenGraph(graph, shapes, List.of());
    for (String input : shapes.keySet()) {
      for (int axis = 0; axis < shapes.get(input).size(); axis++) {
        open.tryToOpen(List.of(new Place(input, axis)), "s%s_%d".formatted(input, axis));
      }
    }
    for (var group : open.fixedBySize().entrySet()) {
      if (group.getValue().size() > 1) {
        open.tryToOpen(group.getValue(), "all" + group.getKey());
      }
    }
    List<Map<String, Long>> runs = new ArrayList<>();
    for (int attempt = 0; attempt < 6 * count && runs.size() < count; attempt++) {
      Map<String, Long> sizes = new TreeMap<>();
      for (String name : open.names()) {
        sizes.put(name, SIZES[random.nextInt(SIZES.length)]);
      }
      if (open.isValid(sizes)) {
        runs.add(sizes);
      }
    }
    return new OpenGraph(graph, shapes, runs);
  }

  private record Place(String input, int axis) {}

  private void tryToOpen(List<Place> places, String name) {
    long size = Long.parseLong(shapes.get(places.getFirst().input).get(places.getFirst().axis));
    places.forEach(place -> shapes.get(place.input).set(place.axis, name));
    if (!isValid(Map.of(name, size + 1)) || !isValid(Map.of(name, size + 4))) {
      places.forEach(place -> shapes.get(place.input).set(place.axis, Long.toString(size)));
    }
  }

  private Map<String, List<Place>> fixedBySize() {
    Map<String, List<Place>> places = new TreeMap<>();
    shapes.forEach(
        (input, shape) -> {
          for (int axis = 0; axis < shape.size(); axis++) {
            if (Character.isDigit(shape.get(axis).charAt(0))) {
              places
                  .computeIfAbsent(shape.get(axis), _ -> new ArrayList<>())
                  .add(new Place(input, axis));
            }
          }
        });
    return places;
  }

  /** The open sizes. */
  List<String> names() {
    return shapes.values().stream()
        .flatMap(List::stream)
        .filter(size -> !Character.isDigit(size.charAt(0)))
        .distinct()
        .toList();
  }

  private boolean isValid(Map<String, Long> sizes) {
    RandomGraph sized = at(sizes);
    if (sized.inputs().values().stream().anyMatch(x -> x.elements() > MOST_ELEMENTS)) {
      return false;
    }
    List<String> values = sized.nodes().stream().flatMap(node -> node.outputs().stream()).toList();
    try {
      // Of what is empty, ONNX Runtime reduces axes without taking them out, and the mean is any
      // number.
      return OnnxRuntimeReference.run(sized.withOutputs(values).proto(), sized.inputs()).stream()
          .noneMatch(result -> result.elements() == 0 || result.elements() > 10 * MOST_ELEMENTS);
    } catch (OrtException _) {
      return false;
    }
  }

  /** The graph with inputs of other sizes; those that are not named are the usual ones. */
  RandomGraph at(Map<String, Long> sizes) {
    Random random = new Random(sizes.hashCode());
    Map<String, NDArray> inputs = new LinkedHashMap<>();
    graph
        .inputs()
        .forEach(
            (name, usual) -> {
              long[] shape = usual.type().sizes().stream().mapToLong(Long::longValue).toArray();
              for (int axis = 0; axis < shape.length; axis++) {
                shape[axis] = sizes.getOrDefault(shapes.get(name).get(axis), shape[axis]);
              }
              NDArray array = NDArray.allocate(TensorType.of(DType.F32, shape));
              for (long i = 0; i < array.elements(); i++) {
                array.setDouble(i, random.nextDouble() * 4 - 2);
              }
              inputs.put(name, array);
            });
    return new RandomGraph(inputs, graph.weights(), graph.nodes(), graph.outputs());
  }

  /** The same with only these outputs. */
  OpenGraph withOutputs(List<String> outputs) {
    RandomGraph less = graph.withOutputs(outputs);
    Map<String, List<String>> kept = new LinkedHashMap<>(shapes);
    kept.keySet().retainAll(less.inputs().keySet());
    return new OpenGraph(less, kept, runs);
  }

  @Override
  public String toString() {
    return "%s%nshapes %s, run with %s".formatted(graph, shapes, runs);
  }
}
