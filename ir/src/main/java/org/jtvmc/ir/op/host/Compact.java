package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The first {@code sizes[i]} places along each dimension, row-major and without gaps, in as much
 * memory as the whole takes.
 */
public final class Compact extends FillingKernel {

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
    return new TensorType(List.of(Shapes.product(data.shape())), data.dtype());
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    TensorType data = inputs.getFirst();
    List<Dim> sizes = new ArrayList<>(List.of(Dim.of(data.dtype().bytes()), Dim.of(data.rank())));
    sizes.addAll(data.shape());
    return sizes;
  }

  @Override
  List<NDArray> results(List<NDArray> inputs, Attributes attributes, Type result) {
    NDArray data = inputs.getFirst();
    if (!data.dtype().isString()) {
      return super.results(inputs, attributes, result);
    }
    // Texts, which an array keeps, are moved by their positions.
    List<Long> positions = LongStream.range(0, data.elements()).boxed().toList();
    NDArray all = NDArray.ofLongs(positions).reshape(data.type().withDType(DType.I64));
    List<NDArray> moved =
        super.results(
            List.of(all, inputs.getLast()), attributes, TensorType.of(DType.I64, data.elements()));
    List<String> texts = moved.getFirst().longs().stream().map(at -> data.text(at)).toList();
    return List.of(NDArray.ofTexts(List.of(data.elements()), texts));
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
