package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Calls by short names, for operators that are composed of many others. */
record Composer(OnnxNode node) {

  TensorType type(Expr value) {
    return node.type(value);
  }

  int rank(Expr value) {
    return type(value).rank();
  }

  DType dtype(Expr value) {
    return type(value).dtype();
  }

  /** The sizes, which have to be known. */
  List<Long> sizes(Expr value) {
    return type(value).shape().stream().map(node::size).toList();
  }

  long size(Expr value, int axis) {
    return node.size(type(value).dim(axis < 0 ? axis + rank(value) : axis));
  }

  /** A number of the value's element type. */
  Expr scalar(Expr like, double number) {
    return node.value(dtype(like), number);
  }

  Expr add(Expr a, Expr b) {
    return node.call("add", a, b);
  }

  Expr add(Expr a, double b) {
    return add(a, scalar(a, b));
  }

  Expr subtract(Expr a, Expr b) {
    return node.call("subtract", a, b);
  }

  Expr subtract(double a, Expr b) {
    return subtract(scalar(b, a), b);
  }

  Expr multiply(Expr a, Expr b) {
    return node.call("multiply", a, b);
  }

  Expr multiply(Expr a, double b) {
    return b == 1 ? a : multiply(a, scalar(a, b));
  }

  Expr divide(Expr a, Expr b) {
    return node.call("divide", a, b);
  }

  Expr where(Expr condition, Expr a, Expr b) {
    return node.call("where", condition, a, b);
  }

  Expr unary(String operator, Expr value) {
    return node.call(operator, value);
  }

  Expr matmul(Expr a, Expr b) {
    return MatrixProducts.matmul(node, a, b);
  }

  Expr cast(Expr value, DType dtype) {
    return Casts.cast(node, value, dtype);
  }

  Expr castLike(Expr value, Expr like) {
    return cast(value, dtype(like));
  }

  /** A reduction: {@code sum}, {@code mean}, {@code max} and kin. */
  Expr reduce(String operator, Expr value, boolean keep, long... axes) {
    return node.call(
        operator, Attributes.builder().put("axes", list(value, axes)).put("keepdims", keep), value);
  }

  Expr sumAll(Expr value) {
    return reduce("sum", value, false, LongStream.range(0, rank(value)).toArray());
  }

  Expr along(String operator, Expr value, long axis) {
    return node.call(
        operator, Attributes.builder().put("axis", node.axis(axis, rank(value))), value);
  }

  Expr softmax(Expr value, long axis) {
    return along("nn.softmax", value, axis);
  }

  Expr transpose(Expr value, long... axes) {
    return node.call("transpose", Attributes.builder().put("axes", list(axes)), value);
  }

  /** The last two dimensions exchanged. */
  Expr transposeLast(Expr value) {
    long[] axes = LongStream.range(0, rank(value)).toArray();
    long last = axes[axes.length - 1];
    axes[axes.length - 1] = axes[axes.length - 2];
    axes[axes.length - 2] = last;
    return transpose(value, axes);
  }

  /** The axis brought to another place; the others keep their order. */
  Expr moveAxis(Expr value, int from, int to) {
    List<Long> axes = new ArrayList<>(LongStream.range(0, rank(value)).boxed().toList());
    axes.add(to, axes.remove(from));
    return from == to ? value : transpose(value, axes.stream().mapToLong(a -> a).toArray());
  }

  Expr reshape(Expr value, long... sizes) {
    return node.reshape(value, list(sizes));
  }

  Expr expandDims(Expr value, long... axes) {
    return node.call("expand_dims", Attributes.builder().put("axes", list(axes)), value);
  }

  Expr squeeze(Expr value, long... axes) {
    return node.call("squeeze", Attributes.builder().put("axis", list(axes)), value);
  }

  Expr slice(Expr value, long axis, long begin, long end) {
    return slice(value, axis, begin, end, 1);
  }

  Expr slice(Expr value, long axis, long begin, long end, long step) {
    return Slices.between(node, value, List.of(begin), List.of(end), List.of(axis), List.of(step));
  }

  Expr concat(long axis, List<Expr> parts) {
    return parts.size() == 1
        ? parts.getFirst()
        : node.call("concatenate", Attributes.builder().put("axis", axis), Tuple.of(parts));
  }

  Expr concat(long axis, Expr... parts) {
    return concat(axis, Arrays.asList(parts));
  }

  Expr take(Expr data, Expr indices, long axis) {
    return node.call("take", Attributes.builder().put("axis", axis), data, indices);
  }

  Expr repeat(Expr value, long times, long axis) {
    return times == 1
        ? value
        : node.call("repeat", Attributes.builder().put("repeats", times).put("axis", axis), value);
  }

  Expr reverse(Expr value, long axis) {
    return node.call("reverse", Attributes.builder().put("axis", axis), value);
  }

  Expr broadcastTo(Expr value, List<Long> shape) {
    return sizes(value).equals(shape)
        ? value
        : node.call("broadcast_to", Attributes.builder().put("shape", shape), value);
  }

  /** Padding with a number, before and behind each dimension. */
  Expr pad(Expr value, List<Long> before, List<Long> behind, double with) {
    List<Long> widths = new ArrayList<>(before);
    widths.addAll(behind);
    return node.call(
        "nn.pad",
        Attributes.builder()
            .put("pad_width", widths)
            .put("pad_mode", "constant")
            .put("pad_value", with),
        value);
  }

  /** {@code 0, 1, ...}. */
  Expr range(DType dtype, long count) {
    NDArray array = NDArray.allocate(TensorType.of(dtype, count));
    for (long i = 0; i < count; i++) {
      array.setDouble(i, i);
    }
    return node.value(array);
  }

  Expr zeros(DType dtype, List<Long> sizes) {
    return broadcastTo(node.value(dtype, 0), sizes);
  }

  static List<Long> list(long... values) {
    return LongStream.of(values).boxed().toList();
  }

  private List<Long> list(Expr value, long... axes) {
    return LongStream.of(axes).mapToObj(axis -> (long) node.axis(axis, rank(value))).toList();
  }

  static List<Long> zeros(int count) {
    return Collections.nCopies(count, 0L);
  }
}
