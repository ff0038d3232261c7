package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/**
 * The positions of the elements that are not zero, in row-major order.
 *
 * <p>Results: for data of rank {@code r} and {@code n} elements {@code int64 (r, n)}, a position in
 * each column; and the sizes of the part that is there, {@code (r, count)}.
 */
public final class NonZero extends FillingKernel {

  public NonZero() {
    super("nonzero", List.of("data"), List.of());
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    return new TupleType(
        List.of(
            new TensorType(List.of(Dim.of(data.rank()), Shapes.product(data.shape())), DType.I64),
            TensorType.of(DType.I64, 2)));
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    TensorType data = inputs.getFirst();
    List<Dim> sizes = new ArrayList<>(List.of(Dim.of(code(data.dtype())), Dim.of(data.rank())));
    sizes.addAll(data.shape());
    return sizes;
  }

  @Override
  void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results) {
    NDArray data = inputs.getFirst();
    List<Long> sizes = data.type().sizes();
    long count = 0;
    for (long i = 0; i < data.elements(); i++) {
      if (data.getDouble(i) != 0) {
        long rest = i;
        for (int axis = sizes.size() - 1; axis >= 0; axis--) {
          results.getFirst().setLong(axis * data.elements() + count, rest % sizes.get(axis));
          rest /= sizes.get(axis);
        }
        count++;
      }
    }
    results.getLast().setLong(0, sizes.size());
    results.getLast().setLong(1, count);
  }
}
