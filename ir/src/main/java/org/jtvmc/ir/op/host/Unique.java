package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/**
 * The different slices along an axis, each once. Slices compare element by element; all NaNs are
 * equal, and greater than any number.
 *
 * <p>Results, for {@code n} slices: those that differ; of each where it comes first; of each slice
 * which of them it is; of each how often it comes, all {@code int64 (n)}; and the sizes of the part
 * of the first result that is there, whose size along the axis is that of the second and the fourth
 * too.
 */
public final class Unique extends FillingKernel {

  public Unique() {
    super(
        "unique",
        List.of("data"),
        List.of(
            required("axis", "the dimension along which is compared"),
            optional("sorted", true, "in ascending order, and not in that of first appearance")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    attributes.bool("sorted");
    TensorType positions = new TensorType(List.of(data.dim(axis)), DType.I64);
    return new TupleType(
        List.of(data, positions, positions, positions, TensorType.of(DType.I64, data.rank())));
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    TensorType data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    return alongAxis(data, axis, Dim.of(code(data.dtype())), flag(attributes.bool("sorted")));
  }

  @Override
  void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results) {
    NDArray data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.type().rank());
    List<Long> sizes = data.type().sizes();
    long slices = sizes.get(axis);
    Slices all =
        new Slices(
            data,
            product(sizes.subList(0, axis)),
            slices,
            product(sizes.subList(axis + 1, sizes.size())));
    List<Long> order =
        new ArrayList<>(LongStream.range(0, slices).boxed().sorted(all::compare).toList());
    List<Long> firsts = new ArrayList<>();
    long[] groupOf = new long[Math.toIntExact(slices)];
    for (long slice : order) {
      if (firsts.isEmpty() || all.compare(firsts.getLast(), slice) != 0) {
        firsts.add(slice);
      }
      groupOf[(int) slice] = firsts.getLast();
    }
    if (!attributes.bool("sorted")) {
      firsts.sort(Comparator.naturalOrder());
    }
    for (int k = 0; k < firsts.size(); k++) {
      all.copy(firsts.get(k), results.getFirst(), k);
      results.get(1).setLong(k, firsts.get(k));
    }
    for (int slice = 0; slice < slices; slice++) {
      int k = firsts.indexOf(groupOf[slice]);
      results.get(2).setLong(slice, k);
      results.get(3).setLong(k, results.get(3).getLong(k) + 1);
    }
    for (int d = 0; d < sizes.size(); d++) {
      results.getLast().setLong(d, d == axis ? firsts.size() : sizes.get(d));
    }
  }

  private record Slices(NDArray data, long outer, long count, long inner) {

    int compare(long a, long b) {
      for (long o = 0; o < outer; o++) {
        for (long i = 0; i < inner; i++) {
          int order = compareElements((o * count + a) * inner + i, (o * count + b) * inner + i);
          if (order != 0) {
            return order;
          }
        }
      }
      return 0;
    }

    private int compareElements(long i, long j) {
      DType dtype = data.dtype();
      if (dtype.isFloat()) {
        // Adding zero makes one of the two zeros.
        return Double.compare(data.getDouble(i) + 0.0, data.getDouble(j) + 0.0);
      }
      return dtype.isSigned()
          ? Long.compare(data.getLong(i), data.getLong(j))
          : Long.compareUnsigned(data.getLong(i), data.getLong(j));
    }

    void copy(long slice, NDArray to, long at) {
      long bytes = inner * data.dtype().bytes();
      for (long o = 0; o < outer; o++) {
        to.data()
            .asSlice((o * count + at) * bytes, bytes)
            .copyFrom(data.data().asSlice((o * count + slice) * bytes, bytes));
      }
    }
  }
}
