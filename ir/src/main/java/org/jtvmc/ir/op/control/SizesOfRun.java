package org.jtvmc.ir.op.control;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * From here on the run knows more sizes: the elements of a vector are what {@code values} says.
 * Where that is a symbol, it gets its number, and whatever has such a size can be computed; where
 * it is a number, the run checks it. The result is the vector. A function has each of these as a
 * result of its own, so that none is lost.
 */
public final class SizesOfRun extends ControlStep {

  public static final String NAME = "control.sizes";

  public SizesOfRun() {
    super(
        "sizes",
        List.of("sizes"),
        List.of(
            required("values", "numbers and symbols, one for each element that counts"),
            required("stage", "a number from 1 on, of its own in the function"),
            optional("skip", 0, "how many elements in front do not count")));
  }

  /** The symbols that a call gives their numbers; what is no symbol is checked. */
  public static List<Dim> values(Attributes attributes) {
    return attributes.sizes("values");
  }

  /** The stage that a call begins. */
  public static int stage(Attributes attributes) {
    return Math.toIntExact(attributes.integer("stage"));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType sizes = arguments.getFirst();
    long count = attributes.sizes("values").size() + attributes.integer("skip");
    if (!sizes.equals(TensorType.of(DType.I64, count))) {
      throw new TypeException("takes %d sizes, not %s".formatted(count, sizes));
    }
    return sizes;
  }

  @Override
  List<Long> numbers(List<TensorType> inputs, Attributes attributes, Type result) {
    List<Long> numbers = new ArrayList<>();
    numbers.add(inputs.getFirst().elements());
    numbers.add(attributes.integer("skip"));
    numbers.add(attributes.integer("stage"));
    attributes.sizes("values").forEach(size -> numbers.add(size.known().orElse(-1)));
    return numbers;
  }
}
