package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * Operators whose result has a shape that is computed: the run finds the sizes, and from there on
 * they are as open sizes are. For values where the ordinary rules need numbers.
 */
final class OpenShapes {

  static final Map<String, Conversion.Rule> RULES =
      Map.of(
          "ConstantOfShape", one(OpenShapes::constantOfShape),
          "Expand", one(OpenShapes::expand),
          "Range", one(OpenShapes::range),
          "Tile", one(OpenShapes::tile));

  private OpenShapes() {}

  private static Conversion.Rule one(Conversion.SingleRule rule) {
    return node -> List.of(rule.convert(node));
  }

  private static Expr constantOfShape(OnnxNode node) {
    NDArray fill = node.tensor("value").orElseGet(() -> NDArray.scalar(DType.F32, 0));
    OpenSizes sizes = new OpenSizes(node);
    List<Dim> shape = sizes.decide(sizes.vector(0));
    Attributes.Builder attributes =
        Attributes.builder().putSizes("shape", shape).put("dtype", fill.dtype());
    return fill.dtype().isFloat()
        ? node.call("full", attributes.put("value", fill.getDouble(0)))
        : node.call("full", attributes.put("value", fill.getLong(0)));
  }

  /** A size that is 1 leaves the input's as it is. */
  private static Expr expand(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    Expr wanted = sizes.vector(1);
    int given = Math.toIntExact(c.size(wanted, 0));
    int rank = Math.max(given, node.rank(0));
    List<Dim> own = new ArrayList<>(Collections.nCopies(rank - node.rank(0), Dim.of(1)));
    own.addAll(node.type(0).shape());
    if (given < rank) {
      Expr ones = node.value(NDArray.ofLongs(Collections.nCopies(rank - given, 1L)));
      wanted = c.concat(0, ones, wanted);
    }
    Expr stays = node.call("equal", wanted, c.scalar(wanted, 1));
    Expr result = c.where(stays, node.shape(own), wanted);
    List<Dim> shape =
        sizes.decide(
            result,
            own.stream().map(size -> Optional.of(size).filter(s -> !s.equals(Dim.of(1)))).toList());
    return node.call("broadcast_to", Attributes.builder().putSizes("shape", shape), node.input(0));
  }

  private static Expr range(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    Expr start = c.reshape(node.input(0));
    Expr limit = c.reshape(node.input(1));
    Expr step = c.reshape(node.input(2));
    DType dtype = c.dtype(start);
    Expr difference = c.subtract(limit, start);
    Expr count =
        dtype.isFloat()
            ? c.cast(
                c.unary("ceil", c.divide(c.cast(difference, DType.F64), c.cast(step, DType.F64))),
                DType.I64)
            : sizes.ceilDivide(c.cast(difference, DType.I64), c.cast(step, DType.I64));
    Expr natural = node.call("maximum", count, c.scalar(count, 0));
    Dim length = sizes.decide(c.reshape(natural, 1)).getFirst();
    Expr places = sizes.positions(length);
    DType sum = dtype.isFloat() && dtype.bits() < 32 ? DType.F32 : dtype;
    Expr moved = c.multiply(c.cast(places, sum), c.cast(step, sum));
    return c.cast(c.add(moved, c.cast(start, sum)), dtype);
  }

  private static Expr tile(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    TensorType type = node.type(0);
    Expr repeats = sizes.vector(1);
    if (node.opset() < 6) {
      throw node.fault("repeats along an axis that is computed, which is not supported");
    }
    List<Dim> shape = sizes.decide(c.multiply(repeats, node.shape(type.shape())));
    Expr result = node.input(0);
    for (int axis = 0; axis < type.rank(); axis++) {
      Expr own = c.reshape(node.shape(List.of(type.dim(axis))));
      Expr places = node.call("mod", sizes.positions(shape.get(axis)), own);
      result = c.take(result, places, axis);
    }
    return result;
  }

  /** Sizes that a run finds, and what is made of them. */
  record OpenSizes(OnnxNode node) {

    Composer c() {
      return new Composer(node);
    }

    /** An input as a vector of integers. */
    Expr vector(int input) {
      return c().cast(c().reshape(node.input(input), -1), DType.I64);
    }

    /** The sizes that a vector holds. */
    List<Dim> decide(Expr vector) {
      return decide(
          vector, Collections.nCopies(Math.toIntExact(c().size(vector, 0)), Optional.empty()));
    }

    List<Dim> decide(Expr vector, List<Optional<Dim>> expected) {
      return node.runTime().decide(vector, 0, expected, node.label());
    }

    /** {@code 0, 1, ...} up to before a size. */
    Expr positions(Dim count) {
      return node.call(
          "arange",
          Attributes.builder().put("stop", AttributeValue.of(count)).put("dtype", DType.I64));
    }

    /** Rounded up where it is more than 0; the divisor may be negative. */
    Expr ceilDivide(Expr a, Expr b) {
      Expr isPositive = node.call("greater", b, c().scalar(b, 0));
      Expr unit = c().where(isPositive, c().scalar(b, 1), c().scalar(b, -1));
      return c().divide(c().add(a, c().subtract(b, unit)), b);
    }
  }
}
