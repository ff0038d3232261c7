package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** Sizes that a run finds, and what is made of them. */
record OpenSizes(OnnxNode node) {

  Composer c() {
    return new Composer(node);
  }

  /** An input as a vector of integers. */
  Expr vector(int input) {
    return c().cast(c().reshape(node.input(input), -1), DType.I64);
  }

  /** An input as a number. */
  Expr number(int input, DType dtype) {
    return c().cast(c().reshape(node.input(input)), dtype);
  }

  /** One of a vector's elements. */
  Expr at(Expr vector, long index) {
    return c().squeeze(c().slice(vector, 0, index, index + 1), 0);
  }

  /** The sizes that a vector holds. */
  List<Dim> decide(Expr vector) {
    int count = Math.toIntExact(c().size(vector, 0));
    return decide(vector, Collections.nCopies(count, Optional.empty()));
  }

  List<Dim> decide(Expr vector, List<Optional<Dim>> expected) {
    return node.runTime().decide(vector, 0, expected, node.label());
  }

  /** A number that is a size, where it is less than 0 that of nothing. */
  Dim decideOne(Expr number) {
    Expr natural = node.call("maximum", number, c().scalar(number, 0));
    return decide(c().reshape(natural, 1)).getFirst();
  }

  /** {@code 0, 1, ...} up to before a size. */
  Expr positions(Dim count) {
    return node.call(
        "arange",
        Attributes.builder().put("stop", AttributeValue.of(count)).put("dtype", DType.I64));
  }

  /** A size as a number. */
  Expr number(Dim size) {
    return c().reshape(node.shape(List.of(size)));
  }

  /** Rounded up where it is more than 0; the divisor may be negative. */
  Expr ceilDivide(Expr a, Expr b) {
    Expr isPositive = node.call("greater", b, c().scalar(b, 0));
    Expr unit = c().where(isPositive, c().scalar(b, 1), c().scalar(b, -1));
    return c().divide(c().add(a, c().subtract(b, unit)), b);
  }

  /** Numbers as a vector. */
  Expr join(List<Expr> numbers) {
    return c().concat(0, numbers.stream().map(number -> c().reshape(number, 1)).toList());
  }

  /** A vector as a tensor of some rank whose other sizes than that of an axis are 1. */
  Expr along(Expr vector, int axis, int rank) {
    List<Long> others = new ArrayList<>();
    for (long other = 0; other < rank; other++) {
      if (other != axis) {
        others.add(other);
      }
    }
    return others.isEmpty()
        ? vector
        : node.call("expand_dims", Attributes.builder().put("axes", others), vector);
  }

  /** One number in all of a shape. */
  Expr full(Expr number, List<Dim> shape) {
    return node.call("broadcast_to", Attributes.builder().putSizes("shape", shape), number);
  }

  /** Under another shape of as many elements, which the run checks. */
  Expr reshape(Expr value, List<Dim> shape) {
    return node.call(
        "reshape", Attributes.builder().putSizes("newshape", shape).put("allow_zero", true), value);
  }

  /**
   * The elements at some places along an axis; beyond the ends a number, or where there is none the
   * nearest element.
   *
   * @param places a vector
   */
  Expr picked(Expr data, int axis, Expr places, Optional<Expr> beyond) {
    TensorType type = node.type(data);
    Expr last = c().add(number(type.dim(axis)), -1);
    Expr zero = c().scalar(last, 0);
    Expr inside = node.call("maximum", node.call("minimum", places, last), zero);
    Expr taken = c().take(data, inside, axis);
    if (beyond.isEmpty()) {
      return taken;
    }
    Expr isInside =
        node.call(
            "logical_and",
            node.call("greater_equal", places, zero),
            node.call("less_equal", places, last));
    return c().where(along(isInside, axis, type.rank()), taken, beyond.get());
  }

  Expr vector(List<Long> values) {
    return node.value(NDArray.ofLongs(values));
  }
}
