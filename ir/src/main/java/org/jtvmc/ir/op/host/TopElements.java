package org.jtvmc.ir.op.host;

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
import org.jtvmc.ir.type.TypeException;

/**
 * What {@code topk} gives, where there is too much to compare each element with all others, or
 * where only the run knows how many are asked for: the best so far are kept in a heap, {@code n log
 * k} comparisons. A NaN is greater than any number.
 */
public final class TopElements extends FillingKernel {

  public static final String NAME = "host.topk";

  public TopElements() {
    super(
        "topk",
        List.of("data"),
        List.of(
            required("k", "how many elements; may be open"),
            optional("axis", -1, "the dimension that is searched"),
            optional("largest", true, "whether the largest are taken and not the smallest")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    attributes.bool("largest");
    Dim k = count(attributes);
    if (data.dtype().isNarrow() || data.dtype().isString()) {
      throw new TypeException("is defined for numbers, not for " + data.dtype());
    }
    if (k.isKnown() && data.dim(axis).isKnown() && k.value() > data.dim(axis).value()) {
      throw new TypeException("takes %s of %s elements".formatted(k, data.dim(axis)));
    }
    TensorType values = data.withShape(Shapes.replace(data.shape(), axis, k));
    return new TupleType(List.of(values, values.withDType(DType.I64)));
  }

  private static Dim count(Attributes attributes) {
    return attributes
        .size("k")
        .orElseThrow(() -> new TypeException("takes a negative number of elements"));
  }

  /** A key and an index for each that is kept. */
  @Override
  public Dim scratchBytes(List<TensorType> inputs, Attributes attributes) {
    return Dim.derive(Dim.Operation.MAX, count(attributes), Dim.of(1)).times(2L * Long.BYTES);
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    TensorType data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.rank());
    return List.of(
        Dim.of(code(data.dtype())),
        Shapes.product(data.shape().subList(0, axis)),
        data.dim(axis),
        Shapes.product(data.shape().subList(axis + 1, data.rank())),
        count(attributes),
        flag(attributes.bool("largest")));
  }

  @Override
  void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results) {
    NDArray data = inputs.getFirst();
    int axis = Shapes.axis(attributes.integer("axis"), data.type().rank());
    List<Long> sizes = data.type().sizes();
    long inner = product(sizes.subList(axis + 1, sizes.size()));
    long length = sizes.get(axis);
    long k = results.getFirst().type().dim(axis).value();
    Comparator<Number> order = order(attributes.bool("largest"));
    for (long row = 0; row < product(sizes.subList(0, axis)) * inner; row++) {
      long from = row / inner * length * inner + row % inner;
      long to = row / inner * k * inner + row % inner;
      List<Long> best =
          LongStream.range(0, length)
              .boxed()
              .sorted(Comparator.comparing((Long i) -> number(data, from + i * inner), order))
              .limit(k)
              .toList();
      for (int i = 0; i < k; i++) {
        long at = from + best.get(i) * inner;
        set(results.getFirst(), to + i * inner, number(data, at));
        results.getLast().setLong(to + i * inner, best.get(i));
      }
    }
  }

  private static Comparator<Number> order(boolean largest) {
    Comparator<Number> ascending =
        (a, b) ->
            a instanceof Double
                ? Double.compare(a.doubleValue() + 0.0, b.doubleValue() + 0.0)
                : Long.compare(a.longValue(), b.longValue());
    return largest ? ascending.reversed() : ascending;
  }

  /** Unsigned numbers of 64 bits are moved to where they compare as signed ones. */
  private static Number number(NDArray data, long index) {
    if (data.dtype().isFloat()) {
      return data.getDouble(index);
    }
    boolean isLargest = data.dtype().kind() == DType.Kind.UINT && data.dtype().bits() == Long.SIZE;
    return isLargest ? data.getLong(index) ^ Long.MIN_VALUE : data.getLong(index);
  }

  private static void set(NDArray to, long index, Number value) {
    if (to.dtype().isFloat()) {
      to.setDouble(index, value.doubleValue());
    } else {
      boolean isLargest = to.dtype().kind() == DType.Kind.UINT && to.dtype().bits() == Long.SIZE;
      to.setLong(index, isLargest ? value.longValue() ^ Long.MIN_VALUE : value.longValue());
    }
  }
}
