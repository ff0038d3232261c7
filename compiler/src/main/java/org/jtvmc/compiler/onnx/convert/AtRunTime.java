package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Calls by short names, for conversions that take as values what others take as numbers: an axis, a
 * shape. Vectors and numbers are {@code int64}.
 */
record AtRunTime(OnnxNode node, Composer c) {

  static AtRunTime of(OnnxNode node) {
    return new AtRunTime(node, new Composer(node));
  }

  Expr number(long value) {
    return node.value(NDArray.ofLongs(List.of(value)).reshape(TensorType.of(DType.I64)));
  }

  Expr vector(List<Long> values) {
    return node.value(NDArray.ofLongs(values));
  }

  /** {@code 0, 1, ...}. */
  Expr positions(long count) {
    return vector(LongStream.range(0, count).boxed().toList());
  }

  /** An input as a vector. */
  Expr inputVector(int input) {
    return c.cast(c.reshape(node.input(input), -1), DType.I64);
  }

  /** An input as a number. */
  Expr inputNumber(int input) {
    return c.cast(c.reshape(node.input(input)), DType.I64);
  }

  /** One of a vector's numbers. */
  Expr at(Expr vector, long index) {
    return c.squeeze(c.slice(vector, 0, index, index + 1), 0);
  }

  /** Numbers as a vector. */
  Expr join(List<Expr> numbers) {
    return c.concat(0, numbers.stream().map(number -> c.reshape(number, 1)).toList());
  }

  Expr equal(Expr a, long b) {
    return node.call("equal", a, c.scalar(a, b));
  }

  Expr less(Expr a, Expr b) {
    return node.call("less", a, b);
  }

  Expr or(Expr a, Expr b) {
    return node.call("logical_or", a, b);
  }

  Expr least(Expr a, Expr b) {
    return node.call("minimum", a, b);
  }

  Expr greatest(Expr a, Expr b) {
    return node.call("maximum", a, b);
  }

  Expr clamp(Expr value, Expr low, Expr high) {
    return least(greatest(value, low), high);
  }

  Expr sum(Expr vector) {
    return c.reduce("sum", vector, false, 0);
  }

  /** Where a vector of axes, which may count from the end, has that one. */
  Expr isAxis(Expr axes, long axis, long rank) {
    return or(equal(axes, axis), equal(axes, axis - rank));
  }

  /** For each of so many axes whether a vector names it. */
  List<Expr> named(Expr axes, long rank) {
    List<Expr> flags = new ArrayList<>();
    for (long axis = 0; axis < rank; axis++) {
      flags.add(c.reduce("any", isAxis(axes, axis, rank), false, 0));
    }
    return flags;
  }

  /** Of sizes those that are kept, in order: as many as there are known to be. */
  Expr kept(List<Expr> sizes, List<Expr> dropped, long count) {
    Expr keeps = c.subtract(ones(dropped.size()), ints(dropped));
    Expr places = c.subtract(running(keeps), keeps);
    Expr all = join(sizes);
    List<Expr> results = new ArrayList<>();
    for (long j = 0; j < count; j++) {
      Expr own = c.multiply(c.cast(equal(places, j), DType.I64), keeps);
      results.add(sum(c.multiply(all, own)));
    }
    return join(results);
  }

  private Expr ones(int count) {
    return vector(Collections.nCopies(count, 1L));
  }

  /** Flags as a vector of 0 and 1. */
  Expr ints(List<Expr> flags) {
    return join(flags.stream().map(flag -> c.cast(flag, DType.I64)).toList());
  }

  /** The sums up to each number of a vector. */
  Expr running(Expr vector) {
    return node.call("cumsum", Attributes.builder().put("axis", 0), vector);
  }

  /** The sizes of an input, as numbers. */
  List<Expr> sizes(int input) {
    return node.sizes(input).stream().map(this::number).toList();
  }

  /** The part of a dimension that begins somewhere; what is beyond its end is any element. */
  Expr part(Expr data, int axis, Expr start, Expr step) {
    long size = c.size(data, axis);
    Expr places = c.add(c.multiply(positions(size), step), start);
    return c.take(data, clamp(places, number(0), number(size - 1)), axis);
  }
}
