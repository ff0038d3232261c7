package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jtvmc.compiler.onnx.convert.Conversions;
import org.jtvmc.compiler.onnx.convert.Emitter;
import org.jtvmc.compiler.onnx.convert.RunTime;
import org.jtvmc.compiler.plan.SizeAssumption;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.op.SizeAssumptions;
import org.jtvmc.ir.type.TensorType;

/**
 * Turns an ONNX model into graph IR. Weights become constants that stay in the mapped file; sizes
 * that the model leaves open are bound to the given input shapes, and what is computed from shapes
 * alone is computed now.
 */
public final class OnnxImporter {

  private final Conversions conversions;
  private final Emitter emitter;

  /** An operator that no conversion is known for, and the nodes that use it. */
  public record Unsupported(String operator, List<String> nodes) {
    public Unsupported {
      nodes = List.copyOf(nodes);
    }
  }

  /**
   * @param conversions the ONNX operators that are understood
   * @param emitter makes the calls
   */
  public OnnxImporter(Conversions conversions, Emitter emitter) {
    this.conversions = conversions;
    this.emitter = emitter;
  }

  /** The importer that users get: every conversion of the compiler, onto its own operators. */
  public static OnnxImporter standard() {
    return new OnnxImporter(Conversions.standard(), new Emitter(OperatorRegistry.standard()));
  }

  /** Every operator of the model that no conversion is known for, in the order of their names. */
  public List<Unsupported> unsupported(OnnxModel model) {
    var functions = functions(model);
    var nodes = new TreeMap<String, List<String>>();
    var pending = new ArrayList<>(model.nodes());
    model.proto().getFunctionsList().forEach(function -> pending.addAll(function.getNodeList()));
    // A subgraph's nodes are added while walking: indices, since the list grows.
    for (int i = 0; i < pending.size(); i++) {
      var node = pending.get(i);
      var domain = OnnxModel.canonicalDomain(node.getDomain());
      if (!functions.containsKey(FunctionKey.of(node))
          && conversions.find(domain, node.getOpType(), model.opset(domain)).isEmpty()) {
        var operator = domain.isEmpty() ? node.getOpType() : domain + "." + node.getOpType();
        nodes.computeIfAbsent(operator, key -> new ArrayList<>()).add(GraphOrder.label(node));
      }
      node.getAttributeList().stream()
          .flatMap(attribute -> GraphOrder.subgraphs(attribute).stream())
          .forEach(subgraph -> pending.addAll(subgraph.getNodeList()));
    }
    return nodes.entrySet().stream()
        .map(entry -> new Unsupported(entry.getKey(), entry.getValue()))
        .toList();
  }

  /**
   * The model as a module with one function.
   *
   * @param inputShapes by input name; inputs that are not named keep the shapes of the file, as far
   *     as their symbolic sizes are not bound through others
   * @throws ModelException naming all unsupported operators at once, or the first node that is
   *     wrong
   */
  public IRModule load(OnnxModel model, Map<String, List<Long>> inputShapes) {
    return load(model, inputShapes, Map.of());
  }

  /**
   * As the other, for inputs whose contents are known: a shape may then depend on them. They stay
   * inputs of the function.
   *
   * @param known contents by input name
   * @throws NeedsValueException where a shape depends on the contents of another input
   */
  public IRModule load(
      OnnxModel model, Map<String, List<Long>> inputShapes, Map<String, NDArray> known) {
    return load(model, GivenShapes.of(inputShapes), known);
  }

  /** As the others; sizes may be open, and main then says what it assumes of them. */
  public IRModule load(OnnxModel model, GivenShapes shapes, Map<String, NDArray> known) {
    var unsupported = unsupported(model);
    if (!unsupported.isEmpty()) {
      throw new ModelException(
          "%s uses operators that are not supported: %s"
              .formatted(
                  model.path(),
                  unsupported.stream()
                      .map(OnnxImporter::describe)
                      .collect(Collectors.joining("; "))));
    }
    var types = InputTypes.bind(model, shapes);
    var conversion = new GraphConversion(model, functions(model), conversions, emitter);
    return SizeAssumptions.during(
        conversion.runTime()::assume, () -> convert(model, types, known, conversion));
  }

  private IRModule convert(
      OnnxModel model, InputTypes types, Map<String, NDArray> known, GraphConversion conversion) {
    var parameters = new ArrayList<Var>();
    var values = new LinkedHashMap<String, Expr>();
    for (var input : model.inputs()) {
      values.put(input.getName(), types.value(input, known, parameters));
    }
    conversion.runTime().avoid(parameters.stream().map(input -> (TensorType) input.type()));
    var graph = model.proto().getGraph();
    var outputs = conversion.convert(graph, model.nodes(), values);
    var results = new LinkedHashMap<String, Expr>();
    var sizes = new LinkedHashMap<String, Expr>();
    var runTime = conversion.runTime();
    boolean isOpen =
        parameters.stream().anyMatch(input -> !((TensorType) input.type()).isStatic())
            || !runTime.stages().isEmpty()
            || outputs.stream().anyMatch(runTime::isSequence);
    for (int i = 0; i < outputs.size(); i++) {
      flatten(graph.getOutput(i).getName(), outputs.get(i), runTime, isOpen, results, sizes);
    }
    results.putAll(sizes);
    for (Expr stage : runTime.stages()) {
      results.put(results.size() + IRModule.SIZES + IRModule.SIZES, stage);
    }
    if (results.isEmpty()) {
      throw new ModelException("%s computes nothing: it has no output".formatted(model.path()));
    }
    var computed = List.copyOf(results.values());
    var body = computed.size() == 1 ? computed.getFirst() : Tuple.of(computed);
    var functions = new LinkedHashMap<String, Function>();
    functions.put(
        IRModule.MAIN,
        SizeAssumption.attach(new Function(parameters, body), runTime.assumptions()));
    functions.putAll(runTime.functions());
    return new IRModule(functions, List.copyOf(results.keySet()));
  }

  /**
   * The elements of a sequence are results of their own: {@code y.0}, {@code y.1} and so on.
   *
   * @param isOpen whether sizes are open, or the run goes in stages: memory is then placed by the
   *     run, and so are all outputs whose sizes it decides
   */
  private void flatten(
      String name,
      Expr value,
      RunTime runTime,
      boolean isOpen,
      Map<String, Expr> results,
      Map<String, Expr> sizes) {
    if (value instanceof Tuple(var fields, _)) {
      for (int i = 0; i < fields.size(); i++) {
        flatten(name + "." + i, fields.get(i), runTime, isOpen, results, sizes);
      }
      return;
    }
    var decided = runTime.sizes(value);
    if (runTime.isSequence(value)) {
      results.put(name + IRModule.ELEMENTS, runTime.elementsAsTensor(value));
    } else if (decided.isPresent() && isOpen) {
      results.put(name, computed(runTime.opened(value), runTime));
    } else if (decided.isPresent()) {
      results.put(name, compact(value, decided.get()));
      sizes.put(name + IRModule.SIZES, computed(decided.get(), runTime));
    } else {
      results.put(name, computed(value, runTime));
    }
  }

  /** Elements without gaps, as a vector: what users get where a run decides over the sizes. */
  private Expr compact(Expr data, Expr sizes) {
    var type = (TensorType) data.type();
    boolean isVector = type.rank() == 1;
    return isVector
        ? emitter.callUnfolded("copy", List.of(data), Attributes.NONE, "")
        : emitter.callUnfolded("host.compact", List.of(data, sizes), Attributes.NONE, "");
  }

  /** A result is computed by the function, so that it has memory of its own. */
  private Expr computed(Expr output, RunTime runTime) {
    if (output.type() instanceof TensorType type && type.dtype().isString()) {
      return runTime.copied(output);
    }
    return switch (output) {
      case Var var -> emitter.callUnfolded("copy", List.of(var), Attributes.NONE, var.name());
      case Constant constant ->
          emitter.callUnfolded("copy", List.of(constant), Attributes.NONE, "");
      case Expr other -> other;
    };
  }

  private static Map<FunctionKey, FunctionProto> functions(OnnxModel model) {
    return model.proto().getFunctionsList().stream()
        .collect(Collectors.toMap(FunctionKey::of, function -> function, (a, b) -> b));
  }

  private static String describe(Unsupported unsupported) {
    int shown = 5;
    var nodes = unsupported.nodes();
    var names = nodes.stream().limit(shown).collect(Collectors.joining(", "));
    return "%s (%s%s)"
        .formatted(
            unsupported.operator(),
            names,
            nodes.size() > shown ? " and %d more".formatted(nodes.size() - shown) : "");
  }

  /** What a node that calls a function of the model names it by. */
  record FunctionKey(String domain, String name, String overload) {

    static FunctionKey of(NodeProto node) {
      return new FunctionKey(
          OnnxModel.canonicalDomain(node.getDomain()), node.getOpType(), node.getOverload());
    }

    static FunctionKey of(FunctionProto function) {
      return new FunctionKey(
          OnnxModel.canonicalDomain(function.getDomain()),
          function.getName(),
          function.getOverload());
    }
  }
}
