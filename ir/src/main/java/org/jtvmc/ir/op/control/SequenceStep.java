package org.jtvmc.ir.op.control;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * What is done with sequences whose length only the run knows.
 *
 * <ul>
 *   <li>{@code control.insert(sequence, tensor, sizes, position)}: a sequence of one more
 *   <li>{@code control.at(sequence, position)}: the description of an element of {@code rank}
 *   <li>{@code control.erase(sequence, position)}: a sequence of one less
 *   <li>{@code control.length(sequence)}: a number
 *   <li>{@code control.present(sequence)}: the same, where it is not {@value #NOTHING}
 *   <li>{@code control.concat(sequence)}: the description of all elements, of {@code rank}, as one,
 *       along an axis that they have or along a new one
 *   <li>{@code control.split(tensor, sizes, lengths)}: a sequence of parts along an axis
 *   <li>{@code control.tensors(sequence)}: the description of its elements as a program reads them:
 *       bytes, {@value #TENSOR_BYTES} for each, which are a DLTensor of DLPack
 * </ul>
 *
 * Positions are {@code int64} numbers, from the end where they are negative; {@value #END} is the
 * end.
 */
public final class SequenceStep extends ControlStep {

  /** The position behind the last element. */
  public static final long END = Long.MAX_VALUE;

  /** The handle of an optional value that is not there. */
  public static final long NOTHING = -1;

  /** The bytes of a DLTensor. */
  public static final long TENSOR_BYTES = 48;

  private enum Kind {
    INSERT,
    AT,
    ERASE,
    LENGTH,
    PRESENT,
    CONCAT,
    SPLIT,
    TENSORS
  }

  private final Kind kind;

  private SequenceStep(Kind kind, List<String> parameters, AttributeSpec... attributes) {
    super(kind.name().toLowerCase(Locale.ROOT), parameters, List.of(attributes));
    this.kind = kind;
  }

  /** All of them. */
  public static List<Operator> all() {
    AttributeSpec rank = required("rank", "the dimensions of an element");
    AttributeSpec axis = required("axis", "along which the elements lie");
    return List.of(
        new SequenceStep(Kind.INSERT, List.of("sequence", "tensor", "sizes", "position")),
        new SequenceStep(Kind.AT, List.of("sequence", "position"), rank),
        new SequenceStep(Kind.ERASE, List.of("sequence", "position")),
        new SequenceStep(Kind.LENGTH, List.of("sequence")),
        new SequenceStep(Kind.PRESENT, List.of("sequence")),
        new SequenceStep(
            Kind.CONCAT,
            List.of("sequence"),
            rank,
            axis,
            required("dtype", "of the elements' elements"),
            required("new_axis", "whether the axis is one that they do not have")),
        new SequenceStep(
            Kind.SPLIT,
            List.of("tensor", "sizes", "lengths"),
            axis,
            required("keepdims", "whether the parts have the axis"),
            required("parts", "how many lengths there are; 0 for one length of all parts")),
        new SequenceStep(
            Kind.TENSORS,
            List.of("sequence"),
            required("code", "DLPack's code of the elements' type"),
            required("bits", "of an element of an element")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    if (kind != Kind.SPLIT) {
      requireHandle(arguments.getFirst());
    }
    return switch (kind) {
      case INSERT, ERASE, PRESENT, SPLIT -> description(0);
      case LENGTH -> TensorType.of(DType.I64);
      case AT -> description(attributes.integer("rank"));
      case TENSORS -> description(2);
      case CONCAT ->
          description(attributes.integer("rank") + (attributes.bool("new_axis") ? 1 : 0));
    };
  }

  @Override
  List<Long> numbers(List<TensorType> inputs, Attributes attributes, Type result) {
    return switch (kind) {
      case INSERT -> numbersOf(inputs.get(1));
      case AT -> List.of(attributes.integer("rank"));
      case ERASE, LENGTH, PRESENT -> List.of(0L);
      case TENSORS -> List.of(attributes.integer("code"), attributes.integer("bits"));
      case CONCAT ->
          List.of(
              attributes.integer("axis"),
              attributes.bool("new_axis") ? 1L : 0L,
              attributes.integer("rank"),
              (long) attributes.dtype("dtype").bytes());
      case SPLIT ->
          Stream.concat(
                  numbersOf(inputs.getFirst()).stream(),
                  Stream.of(
                      attributes.integer("axis"),
                      attributes.bool("keepdims") ? 1L : 0L,
                      attributes.integer("parts")))
              .toList();
    };
  }

  private static List<Long> numbersOf(TensorType tensor) {
    return List.of((long) tensor.rank(), (long) tensor.dtype().bytes());
  }
}
