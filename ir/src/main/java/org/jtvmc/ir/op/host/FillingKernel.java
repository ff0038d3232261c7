package org.jtvmc.ir.op.host;

import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/** A host kernel whose results begin as zeros, which it writes over. */
abstract class FillingKernel extends HostKernel {

  FillingKernel(String name, List<String> parameters, List<AttributeSpec> attributes) {
    super(name, parameters, attributes);
  }

  /** As {@link #evaluate}, with every declared attribute, into zeros. */
  abstract void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results);

  /**
   * The sizes that a kernel on the slices along an axis is called with: what is said of an element,
   * how many slices of slices come before the axis, the axis, the elements of a slice behind it,
   * one more size, and the axis with the shape.
   */
  static List<Dim> alongAxis(TensorType data, int axis, Dim element, Dim more) {
    List<Dim> sizes = data.shape();
    return Stream.concat(
            Stream.of(
                element,
                Shapes.product(sizes.subList(0, axis)),
                sizes.get(axis),
                Shapes.product(sizes.subList(axis + 1, sizes.size())),
                more,
                Dim.of(axis),
                Dim.of(data.rank())),
            sizes.stream())
        .toList();
  }

  @Override
  List<NDArray> results(List<NDArray> inputs, Attributes attributes, Type result) {
    List<NDArray> results = types(result).stream().map(NDArray::allocate).toList();
    compute(inputs, attributes, results);
    return results;
  }
}
