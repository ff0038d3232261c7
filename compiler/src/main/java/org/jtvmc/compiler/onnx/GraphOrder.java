package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Puts a graph's nodes into an order in which each follows those it reads from, and checks on the
 * way that names are defined once and before use. ONNX demands such an order of a file, but files
 * of sloppy exporters exist and runtimes take them; only a cycle is beyond help.
 */
final class GraphOrder {

  private final Path path;
  private final GraphProto graph;

  /** The node that defines a name; inputs and initialisers are defined by none, -1. */
  private final Map<String, Integer> definedBy = new HashMap<>();

  private GraphOrder(Path path, GraphProto graph) {
    this.path = path;
    this.graph = graph;
  }

  /**
   * The nodes in order; those that are in order already stay as they are.
   *
   * @throws ModelException at a cycle, a name defined twice or not at all
   */
  static List<NodeProto> sort(Path path, GraphProto graph) {
    return sort(path, graph, Set.of());
  }

  /**
   * The nodes of a subgraph in order.
   *
   * @param outer the names that the graphs around it define
   */
  static List<NodeProto> sort(Path path, GraphProto graph, Set<String> outer) {
    var order = new GraphOrder(path, graph);
    outer.forEach(name -> order.definedBy.put(name, -1));
    order.define();
    return order.sorted();
  }

  private void define() {
    graph.getInputList().forEach(input -> definedBy.put(input.getName(), -1));
    graph.getInitializerList().forEach(tensor -> definedBy.put(tensor.getName(), -1));
    graph
        .getSparseInitializerList()
        .forEach(tensor -> definedBy.put(tensor.getValues().getName(), -1));
    for (int i = 0; i < graph.getNodeCount(); i++) {
      for (var output : graph.getNode(i).getOutputList()) {
        if (!output.isEmpty() && definedBy.put(output, i) != null) {
          throw fault(graph.getNode(i), "defines '%s' a second time".formatted(output));
        }
      }
    }
  }

  private List<NodeProto> sorted() {
    int count = graph.getNodeCount();
    var readers = new ArrayList<List<Integer>>(count);
    var waitsFor = new int[count];
    for (int i = 0; i < count; i++) {
      readers.add(new ArrayList<>(2));
    }
    for (int i = 0; i < count; i++) {
      for (int producer : producers(graph.getNode(i))) {
        readers.get(producer).add(i);
        waitsFor[i]++;
      }
    }
    var ready = new PriorityQueue<Integer>();
    for (int i = 0; i < count; i++) {
      if (waitsFor[i] == 0) {
        ready.add(i);
      }
    }
    var sorted = new ArrayList<NodeProto>(count);
    while (!ready.isEmpty()) {
      int next = ready.remove();
      sorted.add(graph.getNode(next));
      for (int reader : readers.get(next)) {
        if (--waitsFor[reader] == 0) {
          ready.add(reader);
        }
      }
    }
    if (sorted.size() < count) {
      throw cycle(waitsFor);
    }
    for (var output : graph.getOutputList()) {
      if (!definedBy.containsKey(output.getName())) {
        throw new ModelException(
            "%s: the graph's output '%s' is defined by no node; the file is damaged"
                .formatted(path, output.getName()));
      }
    }
    return List.copyOf(sorted);
  }

  private Set<Integer> producers(NodeProto node) {
    var producers = new LinkedHashSet<Integer>();
    for (var name : reads(node)) {
      var producer = definedBy.get(name);
      if (producer == null) {
        throw fault(node, "reads '%s', which nothing defines; the file is damaged".formatted(name));
      }
      if (producer >= 0) {
        producers.add(producer);
      }
    }
    return producers;
  }

  /** The names a node takes from its graph, by itself and through its subgraphs. */
  private static Set<String> reads(NodeProto node) {
    var names = new LinkedHashSet<String>(node.getInputList());
    for (var attribute : node.getAttributeList()) {
      for (var subgraph : subgraphs(attribute)) {
        names.addAll(captures(subgraph));
      }
    }
    names.remove("");
    return names;
  }

  private static Set<String> captures(GraphProto subgraph) {
    var own = new HashSet<String>();
    subgraph.getInputList().stream().map(ValueInfoProto::getName).forEach(own::add);
    subgraph.getInitializerList().stream().map(TensorProto::getName).forEach(own::add);
    subgraph.getNodeList().forEach(node -> own.addAll(node.getOutputList()));
    var names = new LinkedHashSet<String>();
    subgraph.getNodeList().forEach(node -> names.addAll(reads(node)));
    subgraph.getOutputList().forEach(output -> names.add(output.getName()));
    names.removeAll(own);
    return names;
  }

  static List<GraphProto> subgraphs(AttributeProto attribute) {
    return attribute.hasG() ? List.of(attribute.getG()) : attribute.getGraphsList();
  }

  /** Walks back from a node that never became ready until a node comes a second time. */
  private ModelException cycle(int[] waitsFor) {
    int at = 0;
    while (waitsFor[at] == 0) {
      at++;
    }
    var walk = new LinkedHashSet<Integer>();
    while (walk.add(at)) {
      at =
          producers(graph.getNode(at)).stream()
              .filter(producer -> waitsFor[producer] > 0)
              .findFirst()
              .orElseThrow();
    }
    int first = at;
    var names =
        walk.stream()
            .dropWhile(node -> node != first)
            .map(node -> describe(graph.getNode(node)))
            .collect(Collectors.toCollection(ArrayList::new));
    int shown = 5;
    var more = names.size() > shown ? " and %d more".formatted(names.size() - shown) : "";
    return new ModelException(
        "%s: the graph has a cycle through %s%s; a model must be free of cycles"
            .formatted(path, names.stream().limit(shown).collect(Collectors.joining(", ")), more));
  }

  /** How a node is named to a person: its own name, or else its operator and first output. */
  static String describe(NodeProto node) {
    if (!node.getName().isEmpty()) {
      return "%s '%s'".formatted(node.getOpType(), node.getName());
    }
    return node.getOutputCount() > 0
        ? "%s -> '%s'".formatted(node.getOpType(), node.getOutput(0))
        : node.getOpType();
  }

  /** The node's name or, where it has none, its first output's. */
  static String label(NodeProto node) {
    return !node.getName().isEmpty() || node.getOutputCount() == 0
        ? node.getName()
        : node.getOutput(0);
  }

  private ModelException fault(NodeProto node, String what) {
    return new ModelException("%s: node %s %s".formatted(path, describe(node), what));
  }
}
