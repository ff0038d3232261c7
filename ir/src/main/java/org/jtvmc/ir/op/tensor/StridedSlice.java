package org.jtvmc.ir.op.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Every {@code stride}-th element from {@code begin} to before {@code end} along some axes, as
 * ONNX's Slice: negative positions count from the end, positions outside are clamped, negative
 * strides go backwards. (Going backwards from before the front, ONNX begins at 0; numpy gives
 * nothing.)
 */
public final class StridedSlice extends TensorOperator {

  public StridedSlice() {
    super(
        "strided_slice",
        FusionKind.INJECTIVE,
        List.of("data"),
        List.of(
            required("begin", "the first position, per axis"),
            required("end", "before which it ends, per axis"),
            optionalList("strides", "the steps; 1"),
            optionalList("axes", "what is sliced; the leading dimensions")));
  }

  /** The slice of one dimension, in positions from the front. */
  private record Range(Dim begin, long stride, Dim count) {
    static final long TO_THE_END = Integer.MAX_VALUE;

    static Range of(AttributeValue begin, AttributeValue end, long stride, Dim size) {
      if (stride == 0) {
        throw new TypeException("a stride is 0");
      }
      return size.isKnown()
              && begin instanceof AttributeValue.Int(long from)
              && end instanceof AttributeValue.Int(long to)
          ? known(from, to, stride, size.value())
          : open(begin, end, stride, size);
    }

    private static Range known(long begin, long end, long stride, long n) {
      long lowest = stride > 0 ? 0 : -1;
      long highest = stride > 0 ? n : n - 1;
      long first = Math.clamp(begin < 0 ? begin + n : begin, 0, Math.max(0, highest));
      long last = Math.clamp(end < 0 ? end + n : end, lowest, highest);
      long count =
          stride > 0 ? Math.ceilDiv(last - first, stride) : Math.ceilDiv(first - last, -stride);
      return new Range(Dim.of(first), stride, Dim.of(Math.max(0, count)));
    }

    private static Range open(AttributeValue begin, AttributeValue end, long stride, Dim size) {
      if (stride < 0) {
        Dim behindFirst = behind(begin, size);
        Dim length = Dim.derive(Dim.Operation.MAX, behindFirst.minus(behind(end, size)), Dim.of(0));
        Dim count = length.plus(-stride - 1).floorDiv(-stride);
        return new Range(behindFirst.plus(-1), stride, count);
      }
      Dim first = position(begin, size);
      Dim length = Dim.derive(Dim.Operation.MAX, position(end, size).minus(first), Dim.of(0));
      return new Range(first, stride, length.plus(stride - 1).floorDiv(stride));
    }

    /** The place behind a position, where a slice goes backwards: 0 before the first element. */
    private static Dim behind(AttributeValue value, Dim size) {
      return switch (value) {
        case AttributeValue.Int(long number) when number < -TO_THE_END -> Dim.of(0);
        case AttributeValue.Int(long number) when number < TO_THE_END ->
            position(new AttributeValue.Int(number + 1), number == -1, size);
        case AttributeValue.Int _ -> size;
        case AttributeValue.Size(Dim dim) -> Dim.derive(Dim.Operation.MIN, dim.plus(1), size);
        case AttributeValue.Real _,
            AttributeValue.Bool _,
            AttributeValue.Text _,
            AttributeValue.ElementType _,
            AttributeValue.Items _ ->
            position(value, size);
      };
    }

    private static Dim position(AttributeValue value, boolean atTheEnd, Dim size) {
      return atTheEnd ? size : position(value, size);
    }

    /** A position from the front, clamped to the dimension. */
    private static Dim position(AttributeValue value, Dim size) {
      return switch (value) {
        case AttributeValue.Int(long number) when number >= TO_THE_END -> size;
        case AttributeValue.Int(long number) when number < 0 ->
            Dim.derive(Dim.Operation.MAX, size.plus(number), Dim.of(0));
        case AttributeValue.Int(long number) -> Dim.derive(Dim.Operation.MIN, Dim.of(number), size);
        case AttributeValue.Size(Dim dim) -> Dim.derive(Dim.Operation.MIN, dim, size);
        case AttributeValue.Real _,
            AttributeValue.Bool _,
            AttributeValue.Text _,
            AttributeValue.ElementType _,
            AttributeValue.Items _ ->
            throw new TypeException("a slice cannot begin or end at " + value);
      };
    }
  }

  private static List<Range> ranges(Attributes attributes, List<Dim> shape) {
    List<AttributeValue> begin = attributes.items("begin");
    List<AttributeValue> end = attributes.items("end");
    if (begin.size() != end.size()) {
      throw new TypeException("begin %s and end %s differ in length".formatted(begin, end));
    }
    List<Long> strides = Shapes.each("strides", attributes.integers("strides"), begin.size(), 1);
    List<Long> given = attributes.integers("axes");
    if (given.isEmpty()) {
      given = Shapes.allAxes(begin.size()).stream().map(Integer::longValue).toList();
    }
    given = Shapes.each("axes", given, begin.size(), 0);
    Shapes.axes(given, shape.size());
    List<Range> ranges = new ArrayList<>();
    for (Dim size : shape) {
      ranges.add(new Range(Dim.of(0), 1, size));
    }
    for (int i = 0; i < given.size(); i++) {
      int axis = Shapes.axis(given.get(i), shape.size());
      ranges.set(axis, Range.of(begin.get(i), end.get(i), strides.get(i), shape.get(axis)));
    }
    return ranges;
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType data = arguments.getFirst();
    return data.withShape(ranges(attributes, data.shape()).stream().map(Range::count).toList());
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor data = inputs.getFirst();
    List<Dim> shape = data.shape().stream().map(Sizes::dim).toList();
    List<Range> ranges = ranges(attributes, shape);
    List<Axis> axes = Axes.of(result);
    List<PrimExpr> indices = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      indices.add(
          axes.get(i).var().times(ranges.get(i).stride).plus(Sizes.expr(ranges.get(i).begin)));
    }
    return List.of(Tensor.map("slice", axes, data.at(indices)));
  }
}
