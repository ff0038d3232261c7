package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.op.control.SequenceStep;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** Sequences whose length, or the positions in which, only the run knows. */
final class SequencesAtRunTime {

  private SequencesAtRunTime() {}

  static Expr insert(OnnxNode node) {
    RunTimeValues values = new RunTimeValues(node);
    Expr position =
        node.optional(2)
            .map(given -> values.scalar(given, DType.I64))
            .orElse(node.value(DType.I64, 0));
    return values.insert(values.sequence(node.input(0)), node.input(1), position, !node.has(2));
  }

  static Expr erase(OnnxNode node) {
    RunTimeValues values = new RunTimeValues(node);
    Expr sequence = values.sequence(node.input(0));
    Expr position =
        node.optional(1)
            .map(given -> values.scalar(given, DType.I64))
            .orElse(node.value(DType.I64, -1));
    return node.runTime()
        .sequence(node.call("control.erase", sequence, position), values.elements(sequence));
  }

  static Expr at(OnnxNode node) {
    RunTimeValues values = new RunTimeValues(node);
    return at(node, values.sequence(node.input(0)), values.scalar(node.input(1), DType.I64));
  }

  private static Expr at(OnnxNode node, Expr sequence, Expr position) {
    TensorType type = typeOf(node, sequence);
    return new RunTimeValues(node)
        .fetch(
            node.call(
                "control.at", Attributes.builder().put("rank", type.rank()), sequence, position),
            type);
  }

  /** The type that elements have. */
  private static TensorType typeOf(OnnxNode node, Expr sequence) {
    return node.runTime()
        .elements(sequence)
        .flatMap(Elements::type)
        .orElseThrow(
            () ->
                node.fault(
                    "reads an element of a sequence of which it is not known how many dimensions"
                        + " its elements have, which is not supported"));
  }

  static Expr length(OnnxNode node) {
    return node.call("control.length", new RunTimeValues(node).sequence(node.input(0)));
  }

  static Expr concat(OnnxNode node) {
    RunTimeValues values = new RunTimeValues(node);
    Expr sequence = values.sequence(node.input(0));
    TensorType type = typeOf(node, sequence);
    boolean isNew = node.flag("new_axis", false);
    int axis = node.axis(node.requiredInteger("axis"), type.rank() + (isNew ? 1 : 0));
    List<Dim> shape = new ArrayList<>(type.shape());
    if (isNew) {
      shape.add(axis, Elements.ANY);
    } else {
      shape.set(axis, Elements.ANY);
    }
    Attributes.Builder attributes =
        Attributes.builder()
            .put("axis", axis)
            .put("new_axis", isNew)
            .put("rank", type.rank())
            .put("dtype", type.dtype());
    return values.fetch(node.call("control.concat", attributes, sequence), type.withShape(shape));
  }

  /** Into parts whose number or sizes only the run knows. */
  static Expr split(OnnxNode node) {
    RunTimeValues values = new RunTimeValues(node);
    Composer c = new Composer(node);
    Expr data = node.runTime().opened(node.input(0));
    TensorType type = node.type(data);
    int axis = node.axis(node.integer("axis", 0), type.rank());
    boolean keeps = node.has(1) || node.flag("keepdims", true);
    boolean isList = node.has(1) && node.rank(1) == 1;
    Expr lengths =
        node.has(1) ? c.cast(c.reshape(node.input(1), -1), DType.I64) : node.value(DType.I64, 1);
    Attributes.Builder attributes =
        Attributes.builder()
            .put("axis", axis)
            .put("keepdims", keeps)
            .put("parts", isList ? c.size(lengths, 0) : 0L);
    List<Dim> shape = new ArrayList<>(type.shape());
    if (keeps) {
      shape.set(axis, node.has(1) ? Elements.ANY : Dim.of(1));
    } else {
      shape.remove(axis);
    }
    Elements elements = Elements.NONE.with(type.withShape(shape)).orElseThrow();
    return node.runTime()
        .sequence(
            node.call("control.split", attributes, data, values.sizes(List.of(data)), lengths),
            elements);
  }

  /** Whether an optional sequence is there. */
  static Expr has(OnnxNode node, Expr sequence) {
    Composer c = new Composer(node);
    return c.reshape(node.call("not_equal", sequence, c.scalar(sequence, SequenceStep.NOTHING)));
  }

  /** An optional sequence that must be there. */
  static Expr present(OnnxNode node, Expr sequence) {
    Elements elements = node.runTime().elements(sequence).orElseThrow();
    return elements.isOptional()
        ? node.runTime().sequence(node.call("control.present", sequence), elements.present())
        : sequence;
  }

  /** The body for each element; inputs that are no sequence are the same for all. */
  static List<Expr> map(OnnxNode node) {
    RunTimeValues values = new RunTimeValues(node);
    List<Expr> inputs = new ArrayList<>();
    for (int i = 0; i < node.inputCount(); i++) {
      Expr input = node.input(i);
      inputs.add(input instanceof Tuple ? values.sequence(input) : input);
    }
    List<Expr> initial = new ArrayList<>();
    for (int i = 0; i < node.outputCount(); i++) {
      initial.add(values.sequence(Tuple.of(List.of())));
    }
    return LoopsAtRunTime.loop(
        node,
        node.call("control.length", inputs.getFirst()),
        node.value(DType.BOOL, 1),
        initial,
        (step, carried) -> {
          List<Expr> arguments = new ArrayList<>();
          for (Expr input : inputs) {
            Expr seen = node.seen(input);
            arguments.add(node.runTime().isSequence(seen) ? at(node, seen, step) : seen);
          }
          List<Expr> outputs = node.inline("body", arguments);
          List<Expr> results = new ArrayList<>(List.of(node.value(DType.BOOL, 1)));
          for (int i = 0; i < carried.size(); i++) {
            results.add(values.insert(carried.get(i), outputs.get(i), step, true));
          }
          return results;
        });
  }

  /** Whether an input is a sequence that the run has. */
  static boolean takes(OnnxNode node, int input) {
    return node.optional(input).filter(node.runTime()::isSequence).isPresent();
  }

  /** The ordinary rule where the sequence is known, and these where it is not. */
  static Conversion.SingleRule of(Conversion.SingleRule known, Conversion.SingleRule atRunTime) {
    return node ->
        takes(node, 0)
            ? atRunTime.convert(node)
            : node.runTime().orElse(() -> known.convert(node), _ -> atRunTime.convert(node));
  }
}
