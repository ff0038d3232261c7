package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** Shapes as values: numbers at once where the sizes are bound. */
final class Shapes {

  private Shapes() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("Shape", Shapes::shape), Conversion.of("Size", Shapes::size));
  }

  private static Expr shape(OnnxNode node) {
    int rank = node.rank(0);
    int start = bound(node.integer("start", 0), rank);
    int end = bound(node.integer("end", rank), rank);
    var dims = node.type(0).shape().subList(start, Math.max(start, end));
    if (dims.stream().allMatch(Dim::isKnown)) {
      return node.value(NDArray.ofLongs(dims.stream().map(Dim::value).toList()));
    }
    return node.shape(dims);
  }

  /** An end of a range of dimensions, clamped as slices are. */
  private static int bound(long axis, int rank) {
    return Math.clamp(axis < 0 ? axis + rank : axis, 0, rank);
  }

  private static Expr size(OnnxNode node) {
    if (!node.type(0).isStatic()) {
      var product = node.type(0).shape().stream().reduce(Dim.of(1), Dim::times);
      return node.reshape(node.shape(List.of(product)), List.of());
    }
    long elements = node.sizes(0).stream().reduce(1L, Math::multiplyExact);
    var array = NDArray.allocate(TensorType.of(DType.I64));
    array.setLong(0, elements);
    return node.value(array);
  }
}
