package org.jtvmc.ir.op.host;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The slices along an axis for which a condition holds.
 *
 * <p>Results: the slices, at most as many as there are conditions; and the sizes of what is there.
 */
public final class Compress extends FillingKernel {

  public Compress() {
    super(
        "compress",
        List.of("data", "condition"),
        List.of(required("axis", "the dimension along which is chosen")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    TensorType condition = arguments.getLast();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    if (!condition.dtype().isBool() || condition.rank() != 1) {
      throw new TypeException("needs a vector of conditions, not " + condition);
    }
    Dim most = Dim.derive(Dim.Operation.MIN, condition.dim(0), data.dim(axis));
    return new TupleType(
        List.of(
            data.withShape(Shapes.replace(data.shape(), axis, most)),
            TensorType.of(DType.I64, data.rank())));
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    TensorType data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    Dim most = types(result).getFirst().dim(axis);
    return alongAxis(data, axis, Dim.of(data.dtype().bytes()), most);
  }

  @Override
  void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results) {
    NDArray data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.type().rank());
    List<Long> sizes = data.type().sizes();
    long outer = product(sizes.subList(0, axis));
    long inner = product(sizes.subList(axis + 1, sizes.size())) * data.dtype().bytes();
    long most = results.getFirst().type().dim(axis).value();
    long count = 0;
    for (long i = 0; i < most; i++) {
      if (inputs.getLast().getLong(i) != 0) {
        for (long o = 0; o < outer; o++) {
          results
              .getFirst()
              .data()
              .asSlice((o * most + count) * inner, inner)
              .copyFrom(data.data().asSlice((o * sizes.get(axis) + i) * inner, inner));
        }
        count++;
      }
    }
    for (int d = 0; d < sizes.size(); d++) {
      results.getLast().setLong(d, d == axis ? count : sizes.get(d));
    }
  }
}
