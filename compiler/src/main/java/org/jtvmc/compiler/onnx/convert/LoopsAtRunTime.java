package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.op.control.SequenceStep;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** Loops whose number of steps only the run knows: the body is a function. */
final class LoopsAtRunTime {

  /**
   * Types settle after as many conversions of a body as it has sizes that change; no file needs
   * more.
   */
  private static final int MOST_ROUNDS = 64;

  private final OnnxNode node;
  private final RunTimeValues values;
  private final RunTime runTime;

  /** Sizes that change from step to step. */
  private final Set<Dim> changing = new HashSet<>();

  /** A value that each step hands to the next. */
  private record Slot(TensorType type, Optional<Elements> elements) {}

  /** What one step does. */
  interface Body {

    /**
     * The outputs of the body.
     *
     * @param step the number of the step
     * @param carried the values that the last step has handed on
     * @return whether to go on, the values for the next step, and what is collected
     */
    List<Expr> step(Expr step, List<Expr> carried);
  }

  private LoopsAtRunTime(OnnxNode node) {
    this.node = node;
    this.values = new RunTimeValues(node);
    this.runTime = node.runTime();
  }

  /** ONNX's Loop. */
  static List<Expr> loop(OnnxNode node) {
    RunTimeValues values = new RunTimeValues(node);
    Expr most =
        node.optional(0)
            .map(given -> values.scalar(given, DType.I64))
            .orElse(
                node.value(
                    NDArray.ofLongs(List.of(SequenceStep.END)).reshape(TensorType.of(DType.I64))));
    Expr condition =
        node.optional(1)
            .map(given -> values.scalar(given, DType.BOOL))
            .orElse(node.value(DType.BOOL, 1));
    return new LoopsAtRunTime(node)
        .loop(
            most,
            condition,
            node.inputs(2),
            (step, carried) -> {
              List<Expr> arguments = new ArrayList<>(List.of(step, node.value(DType.BOOL, 1)));
              arguments.addAll(carried);
              return node.inline("body", arguments);
            });
  }

  /**
   * A loop.
   *
   * @param most how many steps there are at most
   * @param condition whether there is a first one
   * @param initial the values that the first step is handed
   * @return what the last step hands on, and what was collected, in a new first dimension
   */
  static List<Expr> loop(OnnxNode node, Expr most, Expr condition, List<Expr> initial, Body body) {
    return new LoopsAtRunTime(node).loop(most, condition, initial, body);
  }

  private List<Expr> loop(Expr most, Expr condition, List<Expr> given, Body body) {
    List<Expr> initial = given.stream().map(values::portable).toList();
    List<Slot> slots =
        initial.stream().map(value -> new Slot(node.type(value), runTime.elements(value))).toList();
    for (int round = 0; round < MOST_ROUNDS; round++) {
      List<Var> parameters = parameters(slots);
      RunTime.Subgraph subgraph =
          runTime.inside(
              () ->
                  body.step(
                      parameters.getFirst(), List.copyOf(parameters.subList(2, parameters.size()))),
              results -> finished(results, initial.size()));
      List<Slot> next = joined(slots, subgraph.results());
      if (next.equals(slots)) {
        return call(most, condition, initial, slots, subgraph, parameters);
      }
      slots = next;
    }
    throw node.fault("carries values whose types never settle, which is not supported");
  }

  private List<Var> parameters(List<Slot> slots) {
    List<Var> parameters = new ArrayList<>();
    parameters.add(new Var("step", TensorType.of(DType.I64)));
    parameters.add(new Var("goes_on", TensorType.of(DType.BOOL)));
    for (Slot slot : slots) {
      parameters.add(
          runTime.parameter(
              "carried%d".formatted(parameters.size() - 2), slot.type, slot.elements));
    }
    return parameters;
  }

  private List<Expr> finished(List<Expr> results, int carried) {
    if (results.size() < 1 + carried) {
      throw node.fault("has a body with fewer outputs than it carries");
    }
    List<Expr> finished = new ArrayList<>();
    finished.add(values.scalar(results.getFirst(), DType.BOOL));
    results.subList(1, results.size()).forEach(result -> finished.add(values.portable(result)));
    return finished;
  }

  private List<Slot> joined(List<Slot> slots, List<Expr> results) {
    List<Slot> joined = new ArrayList<>();
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      Expr result = results.get(1 + i);
      TensorType type = values.joined(slot.type, node.type(result), Set.of());
      List<Dim> shape = new ArrayList<>();
      for (int axis = 0; axis < type.rank(); axis++) {
        Dim before = slot.type.dim(axis);
        shape.add(type.dim(axis).equals(before) || changing.contains(before) ? before : changing());
      }
      joined.add(new Slot(type.withShape(shape), elements(slot.elements, result)));
    }
    return joined;
  }

  private Dim changing() {
    Dim size = runTime.symbol();
    changing.add(size);
    return size;
  }

  private Optional<Elements> elements(Optional<Elements> before, Expr result) {
    Optional<Elements> after = runTime.elements(result);
    if (before.isPresent() != after.isPresent()) {
      throw node.fault("carries a tensor in one step and a sequence in another");
    }
    return before.map(
        some ->
            some.with(after.get())
                .orElseThrow(
                    () ->
                        node.fault(
                            "carries sequences of different elements, which is not supported")));
  }

  private List<Expr> call(
      Expr most,
      Expr condition,
      List<Expr> initial,
      List<Slot> slots,
      RunTime.Subgraph subgraph,
      List<Var> parameters) {
    Set<Dim> inner = new HashSet<>(RegionFunctions.decidedIn(subgraph));
    inner.addAll(changing);
    List<TensorType> types = new ArrayList<>();
    List<Optional<Elements>> elements = new ArrayList<>();
    for (Slot slot : slots) {
      types.add(RunTimeValues.outer(slot.type, inner));
      elements.add(slot.elements);
    }
    for (Expr collected : subgraph.results().subList(1 + slots.size(), subgraph.results().size())) {
      if (runTime.isSequence(collected)) {
        throw node.fault("collects sequences, which is not supported");
      }
      TensorType one = RunTimeValues.outer(node.type(collected), inner);
      types.add(
          one.withShape(Stream.concat(Stream.of(Elements.ANY), one.shape().stream()).toList()));
      elements.add(Optional.empty());
    }
    RunTime.Region region = runTime.function(subgraph, parameters);
    List<Expr> reads = new ArrayList<>(initial);
    reads.addAll(region.reads());
    List<Expr> arguments = new ArrayList<>(List.of(most, condition, values.sizes(reads)));
    arguments.addAll(reads);
    boolean keeps =
        slots.stream().anyMatch(slot -> slot.elements.isPresent())
            || types.stream().anyMatch(type -> type.dtype().isString());
    Expr all =
        node.call(
            "control.loop",
            RunTimeValues.region(
                    List.of(region.name()), types, List.of((long) region.reads().size()))
                .put("carried", slots.size())
                .put("keeps", keeps),
            arguments.toArray(Expr[]::new));
    List<Expr> results = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      results.add(values.result(TupleGetItem.of(all, i), types.get(i), elements.get(i)));
    }
    return results;
  }
}
