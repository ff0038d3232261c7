package org.jtvmc.ir.op.host;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** Sizes as they are, where they are those of so many elements; a fault where they are not. */
public final class ShapeOfElements extends HostKernel {

  public ShapeOfElements() {
    super("shape_of", List.of("sizes"), List.of(required("elements", "how many there are")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType sizes = arguments.getFirst();
    if (!sizes.dtype().equals(DType.I64) || sizes.rank() != 1) {
      throw new TypeException("needs sizes, not " + sizes);
    }
    return sizes;
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    return List.of(inputs.getFirst().dim(0), Dim.of(attributes.integer("elements")));
  }

  @Override
  List<NDArray> results(List<NDArray> inputs, Attributes attributes, Type result) {
    List<Long> sizes = inputs.getFirst().longs();
    boolean fits =
        sizes.stream().allMatch(size -> size >= 0)
            && product(sizes) == attributes.integer("elements");
    if (!fits) {
      throw new IllegalArgumentException(
          "%s is no shape of %d elements".formatted(sizes, attributes.integer("elements")));
    }
    return List.of(inputs.getFirst());
  }
}
