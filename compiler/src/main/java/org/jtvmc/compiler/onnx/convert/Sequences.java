package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.type.DType;

/**
 * Sequences and optional values. A sequence whose length is known when the model is compiled is a
 * tuple, and what is done to it costs nothing at run time; {@link SequencesAtRunTime} has the
 * others.
 */
final class Sequences {

  /** Longer ones are left to the run: a number in a file must not make us fill the memory. */
  private static final int MOST_PARTS = 4096;

  private Sequences() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(11, "SequenceEmpty", _ -> Tuple.of(List.of())),
        Conversion.from(11, "SequenceConstruct", Sequences::construct),
        Conversion.from(
            11,
            "SequenceInsert",
            SequencesAtRunTime.of(Sequences::insert, SequencesAtRunTime::insert)),
        Conversion.from(
            11,
            "SequenceErase",
            SequencesAtRunTime.of(Sequences::erase, SequencesAtRunTime::erase)),
        Conversion.from(
            11,
            "SequenceAt",
            SequencesAtRunTime.of(
                node -> elements(node, 0).get(position(node, 1, 0)), SequencesAtRunTime::at)),
        Conversion.from(
            11,
            "SequenceLength",
            SequencesAtRunTime.of(
                node -> node.value(DType.I64, elements(node, 0).size()),
                SequencesAtRunTime::length)),
        Conversion.from(
            11,
            "SplitToSequence",
            SequencesAtRunTime.of(Sequences::split, SequencesAtRunTime::split)),
        Conversion.from(
            11,
            "ConcatFromSequence",
            SequencesAtRunTime.of(Sequences::concat, SequencesAtRunTime::concat)),
        new Conversion("", "SequenceMap", 17, Sequences::map),
        Conversion.from(15, "Optional", node -> node.optional(0).orElse(OnnxNode.NOTHING)),
        Conversion.from(15, "OptionalGetElement", Sequences::element),
        Conversion.from(15, "OptionalHasElement", Sequences::hasElement));
  }

  private static Expr hasElement(OnnxNode node) {
    if (SequencesAtRunTime.takes(node, 0)) {
      return SequencesAtRunTime.has(node, node.input(0));
    }
    boolean has = node.optional(0).filter(value -> value != OnnxNode.NOTHING).isPresent();
    return node.value(DType.BOOL, has ? 1 : 0);
  }

  private static List<Expr> elements(OnnxNode node, int input) {
    if (node.input(input) instanceof Tuple tuple && tuple != OnnxNode.NOTHING) {
      return tuple.fields();
    }
    throw node.fault("reads its input %d, which is no sequence".formatted(input));
  }

  /**
   * A position in the sequence that is input 0.
   *
   * @param beyond how many positions behind the last element there are
   */
  private static int position(OnnxNode node, int input, int beyond) {
    int size = elements(node, 0).size() + beyond;
    long at = (long) node.scalar(input, "a position in a sequence");
    long counted = at < 0 ? at + elements(node, 0).size() : at;
    if (counted < 0 || counted >= size) {
      throw node.fault(
          "has the position %d in a sequence of %d".formatted(at, elements(node, 0).size()));
    }
    return (int) counted;
  }

  private static Expr construct(OnnxNode node) {
    List<Expr> fields = node.inputs();
    fields.forEach(field -> requireTensor(node, field));
    return Tuple.of(fields);
  }

  /** Sequences of sequences could name more tensors than fit into any memory. */
  private static void requireTensor(OnnxNode node, Expr element) {
    if (element instanceof Tuple || node.runTime().isSequence(element)) {
      throw node.fault("puts a sequence into a sequence, where only tensors may be");
    }
  }

  private static Expr insert(OnnxNode node) {
    List<Expr> fields = new ArrayList<>(elements(node, 0));
    requireTensor(node, node.input(1));
    fields.add(node.has(2) ? position(node, 2, 1) : fields.size(), node.input(1));
    return Tuple.of(fields);
  }

  private static Expr erase(OnnxNode node) {
    List<Expr> fields = new ArrayList<>(elements(node, 0));
    fields.remove(node.has(1) ? position(node, 1, 0) : fields.size() - 1);
    return Tuple.of(fields);
  }

  /** Into parts of given sizes, or, by default, of one without the axis. */
  private static Expr split(OnnxNode node) {
    Composer c = new Composer(node);
    Expr data = node.input(0);
    int axis = node.axis(node.integer("axis", 0), node.rank(0));
    if (!node.type(data).dim(axis).isKnown()) {
      return SequencesAtRunTime.split(node);
    }
    long size = c.size(data, axis);
    if (size > MOST_PARTS && !(node.has(1) && node.rank(1) == 1)) {
      return SequencesAtRunTime.split(node);
    }
    boolean drop = !node.has(1) && !node.flag("keepdims", true);
    List<Long> parts = new ArrayList<>();
    if (!node.has(1)) {
      parts.addAll(Collections.nCopies(Math.toIntExact(size), 1L));
    } else if (node.rank(1) == 1) {
      parts.addAll(node.integers(1, "sizes of its parts"));
      if (parts.stream().anyMatch(part -> part < 0 || part > size)
          || parts.stream().mapToLong(part -> part).sum() != size) {
        throw node.fault("splits %d elements into parts of %s".formatted(size, parts));
      }
    } else {
      long part = (long) node.scalar(1, "a size of its parts");
      if (part < 1) {
        throw node.fault("splits into parts of %d elements".formatted(part));
      }
      for (long begin = 0; begin < size; begin += part) {
        parts.add(Math.min(part, size - begin));
      }
    }
    List<Expr> fields = new ArrayList<>();
    long begin = 0;
    for (long part : parts) {
      Expr field = c.slice(data, axis, begin, begin + part);
      fields.add(drop ? c.squeeze(field, axis) : field);
      begin += part;
    }
    return Tuple.of(fields);
  }

  private static Expr concat(OnnxNode node) {
    Composer c = new Composer(node);
    List<Expr> parts = elements(node, 0);
    if (parts.isEmpty()) {
      throw node.fault("concatenates an empty sequence");
    }
    boolean isNew = node.flag("new_axis", false);
    int axis = node.axis(node.requiredInteger("axis"), c.rank(parts.getFirst()) + (isNew ? 1 : 0));
    return c.concat(
        axis, isNew ? parts.stream().map(part -> c.expandDims(part, axis)).toList() : parts);
  }

  /** The body for each element; inputs that are no sequence are the same for all. */
  private static List<Expr> map(OnnxNode node) {
    for (int input = 0; input < node.inputCount(); input++) {
      if (SequencesAtRunTime.takes(node, input)) {
        return SequencesAtRunTime.map(node);
      }
    }
    int length = elements(node, 0).size();
    List<List<Expr>> results = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      List<Expr> arguments = new ArrayList<>();
      for (int input = 0; input < node.inputCount(); input++) {
        arguments.add(
            node.input(input) instanceof Tuple ? elements(node, input).get(i) : node.input(input));
      }
      List<Expr> outputs = node.inline("body", arguments);
      for (int output = 0; output < outputs.size(); output++) {
        if (results.size() <= output) {
          results.add(new ArrayList<>());
        }
        results.get(output).add(outputs.get(output));
      }
    }
    List<Expr> sequences = new ArrayList<>();
    for (int output = 0; output < node.outputCount(); output++) {
      sequences.add(Tuple.of(output < results.size() ? results.get(output) : List.of()));
    }
    return sequences;
  }

  private static Expr element(OnnxNode node) {
    if (SequencesAtRunTime.takes(node, 0)) {
      return SequencesAtRunTime.present(node, node.input(0));
    }
    Optional<Expr> value = node.optional(0).filter(given -> given != OnnxNode.NOTHING);
    return value.orElseThrow(() -> node.fault("takes the element of an optional that is empty"));
  }
}
