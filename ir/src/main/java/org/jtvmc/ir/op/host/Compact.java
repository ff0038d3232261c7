package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The first {@code sizes[i]} places along each dimension, row-major and without gaps, in as much
 * memory as the whole takes.
 */
public final class Compact extends HostKernel {

  public Compact() {
    super("compact", List.of("data", "sizes"), List.of());
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    if (arguments.getLast().elements() != data.rank()) {
      throw new TypeException(
          "needs %d sizes, not %d".formatted(data.rank(), arguments.getLast().elements()));
    }
    return TensorType.of(data.dtype(), data.elements());
  }

  @Override
  List<Long> numbers(List<TensorType> inputs, Attributes attributes, Type result) {
    TensorType data = inputs.getFirst();
    List<Long> numbers = new ArrayList<>(List.of((long) data.dtype().bytes(), (long) data.rank()));
    numbers.addAll(data.sizes());
    return numbers;
  }

  @Override
  void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results) {
    NDArray data = inputs.getFirst();
    List<Long> whole = data.type().sizes();
    long bytes = data.dtype().bytes();
    long next = 0;
    for (long i = 0; i < data.elements(); i++) {
      boolean inside = true;
      long rest = i;
      for (int axis = whole.size() - 1; axis >= 0; axis--) {
        inside &= rest % whole.get(axis) < inputs.getLast().getLong(axis);
        rest /= whole.get(axis);
      }
      if (inside) {
        results
            .getFirst()
            .data()
            .asSlice(next++ * bytes, bytes)
            .copyFrom(data.data().asSlice(i * bytes, bytes));
      }
    }
  }
}
