package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jtvmc.compiler.onnx.OnnxImporter.FunctionKey;
import org.jtvmc.compiler.onnx.convert.Conversion;
import org.jtvmc.compiler.onnx.convert.Conversions;
import org.jtvmc.compiler.onnx.convert.Emitter;
import org.jtvmc.compiler.onnx.convert.NodeSurroundings;
import org.jtvmc.compiler.onnx.convert.OnnxNode;
import org.jtvmc.compiler.onnx.convert.RunTime;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TypeException;

/** One conversion of one model: its graph, the subgraphs in it and the functions it calls. */
final class GraphConversion implements NodeSurroundings {

  /** Nodes of subgraphs and nested functions that any model may come to. */
  private static final long INLINED = 1 << 15;

  /** And those that it may come to for each node that it holds. */
  private static final long INLINED_PER_NODE = 64;

  private final OnnxModel model;
  private final Map<FunctionKey, FunctionProto> functions;
  private final Conversions conversions;
  private final Emitter emitter;

  private final RunTime runTime;

  /** The nodes of each subgraph in order. */
  private final Map<GraphProto, List<NodeProto>> ordered = new IdentityHashMap<>();

  /** The nodes of subgraphs and functions, counted each time that they are converted. */
  private long inlined;

  private final long mostInlined;

  /** The values in sight, innermost graph first. */
  private final Deque<Scope> scopes = new ArrayDeque<>();

  /** Values by name, and the operator sets that its nodes are of. */
  private record Scope(
      Map<String, Expr> values,
      Map<String, Integer> opsets,
      boolean seesOuter,
      RunTime.Frame frame) {}

  GraphConversion(
      OnnxModel model,
      Map<FunctionKey, FunctionProto> functions,
      Conversions conversions,
      Emitter emitter) {
    this.model = model;
    this.functions = functions;
    this.conversions = conversions;
    this.emitter = emitter;
    this.runTime = new RunTime(emitter, this::inline);
    long own = nodes(model.nodes());
    for (var function : functions.values()) {
      own += nodes(function.getNodeList());
    }
    this.mostInlined = INLINED + INLINED_PER_NODE * own;
  }

  @Override
  public RunTime runTime() {
    return runTime;
  }

  /**
   * Converts the main graph.
   *
   * @param nodes the graph's, in order
   * @param inputs by name
   * @return the graph's outputs
   */
  List<Expr> convert(GraphProto graph, List<NodeProto> nodes, Map<String, Expr> inputs) {
    return within(
        new Scope(
            new HashMap<>(inputs),
            opsets(model.proto().getOpsetImportList()),
            false,
            runTime.frame()),
        () -> convert(graph, nodes));
  }

  private List<Expr> convert(GraphProto graph, List<NodeProto> nodes) {
    var values = scopes.getFirst().values;
    for (var initializer : graph.getInitializerList()) {
      values.put(initializer.getName(), emitter.constant(tensor(initializer)));
    }
    if (graph.getSparseInitializerCount() > 0) {
      throw new ModelException(
          "%s: weight '%s' is stored as a sparse tensor, which is not supported"
              .formatted(model.path(), graph.getSparseInitializer(0).getValues().getName()));
    }
    nodes.forEach(this::convert);
    return graph.getOutputList().stream().map(output -> find(output.getName())).toList();
  }

  private void convert(NodeProto node) {
    var inputs = new ArrayList<Optional<Expr>>(node.getInputCount());
    for (var name : node.getInputList()) {
      inputs.add(name.isEmpty() ? Optional.empty() : Optional.of(find(name)));
    }
    var outputs = outputs(node, inputs);
    var values = scopes.getFirst().values;
    for (int i = 0; i < node.getOutputCount(); i++) {
      if (node.getOutput(i).isEmpty()) {
        continue;
      }
      if (i >= outputs.size()) {
        throw fault(node, "is asked for its output %d, which is not supported".formatted(i), null);
      }
      values.put(node.getOutput(i), outputs.get(i));
    }
  }

  private List<Expr> outputs(NodeProto node, List<Optional<Expr>> inputs) {
    var function = functions.get(FunctionKey.of(node));
    if (function != null) {
      return call(node, function, inputs);
    }
    var domain = OnnxModel.canonicalDomain(node.getDomain());
    int opset = scopes.getFirst().opsets.getOrDefault(domain, domain.isEmpty() ? 1 : 0);
    var conversion =
        conversions
            .find(domain, node.getOpType(), opset)
            .orElseThrow(
                () ->
                    fault(
                        node,
                        "is not supported in version %d of its operator set".formatted(opset),
                        null));
    var converted = new OnnxNode(node, opset, inputs, this);
    try {
      return convert(node, converted, conversion);
    } catch (TypeException e) {
      throw fault(node, "does not fit its inputs: " + e.getMessage(), e);
    } catch (IndexOutOfBoundsException
        | NegativeArraySizeException
        | NoSuchElementException
        | ArithmeticException e) {
      // Attributes and inputs come from the file, and a rule counts on those that belong together.
      throw fault(node, "has attributes and inputs that contradict each other", e);
    }
  }

  /** By the ordinary rule, or by that for sizes that a run decides. */
  private List<Expr> convert(NodeProto proto, OnnxNode node, Conversion conversion) {
    if (!conversion.handsOn() && node.takesTexts()) {
      return conversions
          .forTexts(node)
          .orElseThrow(() -> fault(proto, "has texts as an input, which is not supported", null))
          .convert(node.opened());
    }
    if (!conversion.handsOn() && node.takesDecided()) {
      return conversions
          .decided(node.domain(), node.operator())
          .map(
              rule ->
                  runTime.orElse(
                      () -> rule.rule().convert(node), _ -> known(node.opened(), conversion)))
          .orElseGet(() -> known(node.opened(), conversion));
    }
    return known(node, conversion);
  }

  private List<Expr> known(OnnxNode node, Conversion conversion) {
    return runTime.orElse(
        () -> conversion.rule().convert(node),
        e -> {
          var open = conversions.open(node);
          if (open.isPresent()) {
            return open.get().convert(node);
          }
          return conversions
              .atRunTime(node.domain(), node.operator())
              .orElseThrow(() -> e)
              .rule()
              .convert(node);
        });
  }

  @Override
  public List<Expr> byOrdinaryRule(OnnxNode node) {
    return conversions
        .find(node.domain(), node.operator(), node.opset())
        .orElseThrow()
        .rule()
        .convert(node);
  }

  /** Puts a function's body in the place of its call. */
  private List<Expr> call(NodeProto node, FunctionProto function, List<Optional<Expr>> inputs) {
    // Functions may not call themselves, and files that break the rule must not hang us.
    if (scopes.size() > functions.size() + 100) {
      throw fault(node, "calls a function that calls itself; the file is damaged", null);
    }
    var values = new HashMap<String, Expr>();
    for (int i = 0; i < Math.min(function.getInputCount(), inputs.size()); i++) {
      var name = function.getInput(i);
      inputs.get(i).ifPresent(value -> values.put(name, value));
    }
    var attributes = new HashMap<String, AttributeProto>();
    function.getAttributeProtoList().forEach(a -> attributes.put(a.getName(), a));
    node.getAttributeList().forEach(a -> attributes.put(a.getName(), a));
    return within(
        new Scope(values, opsets(function.getOpsetImportList()), false, runTime.frame()),
        () -> {
          if (scopes.size() > 2) {
            count(function.getNodeCount());
          }
          for (var inner : function.getNodeList()) {
            convert(withAttributes(inner, attributes));
          }
          return function.getOutputList().stream().map(this::find).toList();
        });
  }

  /** A function's node, with references to the function's attributes replaced by what they are. */
  private static NodeProto withAttributes(NodeProto node, Map<String, AttributeProto> given) {
    if (node.getAttributeList().stream().allMatch(a -> a.getRefAttrName().isEmpty())) {
      return node;
    }
    var resolved = node.toBuilder().clearAttribute();
    for (var attribute : node.getAttributeList()) {
      if (attribute.getRefAttrName().isEmpty()) {
        resolved.addAttribute(attribute);
      } else if (given.get(attribute.getRefAttrName()) instanceof AttributeProto value) {
        resolved.addAttribute(value.toBuilder().setName(attribute.getName()));
      }
    }
    return resolved.build();
  }

  @Override
  public List<Expr> inline(GraphProto subgraph, List<Expr> arguments) {
    count(subgraph.getNodeCount());
    var values = new HashMap<String, Expr>();
    if (subgraph.getInputCount() > arguments.size()) {
      throw new ModelException(
          "%s: the subgraph '%s' has %d inputs where its node gives %d; the file is damaged"
              .formatted(
                  model.path(), subgraph.getName(), subgraph.getInputCount(), arguments.size()));
    }
    for (int i = 0; i < subgraph.getInputCount(); i++) {
      values.put(subgraph.getInput(i).getName(), arguments.get(i));
    }
    // A graph stands at one place, and what is in sight there has the same names each time.
    var nodes = ordered.computeIfAbsent(subgraph, this::ordered);
    return within(
        new Scope(values, scopes.getFirst().opsets, true, runTime.frame()),
        () -> convert(subgraph, nodes));
  }

  private static long nodes(List<NodeProto> nodes) {
    long count = nodes.size();
    for (var node : nodes) {
      for (var attribute : node.getAttributeList()) {
        for (var subgraph : GraphOrder.subgraphs(attribute)) {
          count += nodes(subgraph.getNodeList());
        }
      }
    }
    return count;
  }

  /** A few functions that call each other, or loops in loops, can come to any number of nodes. */
  private void count(int nodes) {
    inlined += 1 + nodes;
    if (inlined > mostInlined / 2) {
      runTime.becomesLarge();
    }
    if (inlined > mostInlined) {
      throw new ModelException(
          "%s: its subgraphs and functions come to more than %d nodes where they are called, which is not supported"
              .formatted(model.path(), mostInlined));
    }
  }

  private List<NodeProto> ordered(GraphProto subgraph) {
    var visible = new HashSet<String>();
    for (var scope : scopes) {
      visible.addAll(scope.values.keySet());
      if (!scope.seesOuter) {
        break;
      }
    }
    return GraphOrder.sort(model.path(), subgraph, visible);
  }

  @Override
  public Expr value(String name) {
    return find(name);
  }

  private Expr find(String name) {
    for (var scope : scopes) {
      var value = scope.values.get(name);
      if (value != null) {
        return runTime.seen(scope.frame, value);
      }
      if (!scope.seesOuter) {
        break;
      }
    }
    throw new ModelException(
        "%s: the value '%s' is read, but nothing defines it; the file is damaged"
            .formatted(model.path(), name));
  }

  private <T> T within(Scope scope, Supplier<T> action) {
    scopes.push(scope);
    try {
      return action.get();
    } finally {
      scopes.pop();
    }
  }

  private static Map<String, Integer> opsets(List<OperatorSetIdProto> imports) {
    var opsets = new HashMap<String, Integer>();
    for (var set : imports) {
      opsets.merge(
          OnnxModel.canonicalDomain(set.getDomain()),
          Math.clamp(set.getVersion(), 0, Integer.MAX_VALUE),
          Math::max);
    }
    return opsets;
  }

  @Override
  public Emitter emitter() {
    return emitter;
  }

  @Override
  public NDArray tensor(TensorProto tensor) {
    return model.tensor(tensor);
  }

  @Override
  public DType dtype(int onnxType) {
    return OnnxTypes.dtype(onnxType)
        .orElseThrow(
            () ->
                new ModelException(
                    "%s: elements of %s are not supported"
                        .formatted(model.path(), OnnxTypes.name(onnxType))));
  }

  @Override
  public ModelException fault(NodeProto node, String what, Throwable cause) {
    return new ModelException(
        "%s: node %s %s".formatted(model.path(), GraphOrder.describe(node), what), cause);
  }
}
