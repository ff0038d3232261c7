package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.op.control.SequenceStep;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * Values as they pass between the functions of a model: tensors, and sequences as handles.
 *
 * @param node the node that is converted
 */
record RunTimeValues(OnnxNode node) {

  private RunTime runTime() {
    return node.runTime();
  }

  private static Expr handle(OnnxNode node, long value) {
    return node.value(NDArray.ofLongs(List.of(value)));
  }

  /** The sizes of tensors, one behind the other, as a vector. */
  Expr sizes(List<Expr> tensors) {
    List<Dim> dims = new ArrayList<>();
    tensors.forEach(tensor -> dims.addAll(node.type(tensor).shape()));
    // Memory that is not empty, whatever the ranks.
    dims.add(Dim.of(0));
    return node.shape(dims);
  }

  /** A value that is one tensor in any function: a sequence's handle where it is one. */
  Expr portable(Expr value) {
    return value == OnnxNode.NOTHING || value instanceof Tuple
        ? sequence(value)
        : runTime().opened(value);
  }

  /** A sequence, or an optional one, as a handle. */
  Expr sequence(Expr value) {
    if (value == OnnxNode.NOTHING) {
      return runTime().sequence(handle(node, SequenceStep.NOTHING), Elements.MISSING);
    }
    if (value instanceof Tuple(List<Expr> fields, _)) {
      Expr sequence = runTime().sequence(handle(node, 0), Elements.NONE);
      for (Expr field : fields) {
        sequence = insert(sequence, field, node.value(DType.I64, 0), true);
      }
      return sequence;
    }
    if (!runTime().isSequence(value)) {
      throw node.fault("has a tensor where it needs a sequence");
    }
    return value;
  }

  Elements elements(Expr sequence) {
    return runTime().elements(sequence).orElseThrow();
  }

  /** A sequence of one more. */
  Expr insert(Expr sequence, Expr element, Expr position, boolean atEnd) {
    if (element instanceof Tuple || runTime().isSequence(element)) {
      throw node.fault("puts a sequence into a sequence, which is not supported");
    }
    Expr tensor = runTime().opened(element);
    Elements elements =
        elements(sequence)
            .with(node.type(tensor))
            .orElseThrow(
                () ->
                    node.fault(
                        "has elements of %s beside one of %s, which is not supported"
                            .formatted(elements(sequence).dtype().orElseThrow(), tensor.type())));
    Expr at = atEnd ? node.value(NDArray.ofLongs(List.of(SequenceStep.END))) : position;
    return runTime()
        .sequence(
            node.call("control.insert", sequence, tensor, sizes(List.of(tensor)), at), elements);
  }

  /** The tensor that a description describes, whose sizes are known where they do not differ. */
  Expr fetch(Expr description, TensorType type) {
    List<Optional<Dim>> expected =
        type.shape().stream()
            .map(size -> Optional.of(size).filter(known -> !known.equals(Elements.ANY)))
            .toList();
    if (expected.stream().allMatch(size -> size.isPresent() && size.get().isKnown())) {
      return runTime().fetch(description, type);
    }
    List<Dim> shape = runTime().decide(description, 1, expected, node.label());
    return runTime().fetch(description, type.withShape(shape));
  }

  /** A result of a region: fetched, a sequence where it is one. */
  Expr result(Expr description, TensorType type, Optional<Elements> elements) {
    Expr value = fetch(description, type);
    return elements.map(some -> runTime().sequence(value, some)).orElse(value);
  }

  /** A number where a vector of one is given as well. */
  Expr scalar(Expr value, DType dtype) {
    Composer c = new Composer(node);
    return c.cast(c.reshape(value), dtype);
  }

  /**
   * A type of which both are, for a value that has it in any case: sizes that differ, or that are
   * known in one function only, are open.
   *
   * @param inner sizes that nobody else knows
   */
  TensorType joined(TensorType a, TensorType b, Set<Dim> inner) {
    if (a.rank() != b.rank() || !a.dtype().equals(b.dtype())) {
      throw node.fault(
          "makes of a value %s in one case and %s in another, which is not supported: a value keeps"
                  .formatted(a, b)
              + " its type and its number of dimensions");
    }
    List<Dim> shape = new ArrayList<>();
    for (int axis = 0; axis < a.rank(); axis++) {
      boolean same = a.dim(axis).equals(b.dim(axis)) && isOuter(a.dim(axis), inner);
      shape.add(same ? a.dim(axis) : Elements.ANY);
    }
    return a.withShape(shape);
  }

  static boolean isOuter(Dim size, Set<Dim> inner) {
    return !size.equals(Elements.ANY)
        && org.jtvmc.ir.graph.SizeSymbols.of(size).stream().noneMatch(inner::contains);
  }

  /** A type with none of the sizes that only one function knows. */
  static TensorType outer(TensorType type, Set<Dim> inner) {
    return type.withShape(
        type.shape().stream().map(size -> isOuter(size, inner) ? size : Elements.ANY).toList());
  }

  static Attributes.Builder region(List<String> names, List<TensorType> results, List<Long> reads) {
    return Attributes.builder()
        .put("regions", String.join(",", names))
        .put("ranks", results.stream().map(type -> (long) type.rank()).toList())
        .put("reads", reads);
  }

  static List<Optional<Dim>> unknown(int count) {
    return Collections.nCopies(count, Optional.empty());
  }
}
