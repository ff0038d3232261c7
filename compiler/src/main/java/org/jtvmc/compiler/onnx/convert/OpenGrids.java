package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/** Functions of positions, of which only the run knows how many there are. */
final class OpenGrids {

  private OpenGrids() {}

  /** {@code a - b cos(2 pi n / N) + c cos(4 pi n / N)}. */
  static Expr window(OnnxNode node, double a, double b, double c) {
    OpenSizes sizes = new OpenSizes(node);
    Composer r = sizes.c();
    Expr size = sizes.number(0, DType.I64);
    Dim count = sizes.decideOne(size);
    Expr period = node.flag("periodic", true) ? size : r.add(size, -1);
    Expr n = r.cast(sizes.positions(count), DType.F64);
    Expr angle = r.divide(r.multiply(n, 2 * Math.PI), r.cast(period, DType.F64));
    Expr first = r.multiply(r.unary("cos", angle), -b);
    Expr second = r.multiply(r.unary("cos", r.multiply(angle, 2)), c);
    return r.cast(r.add(r.add(first, second), a), node.dtype("output_datatype").orElse(DType.F32));
  }

  /** The positions, between -1 and 1, that a matrix maps an image's pixels to. */
  static Expr affineGrid(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    Expr wanted = sizes.vector(1);
    int spatial = Math.toIntExact(c.size(wanted, 0)) - 2;
    List<Optional<Dim>> expected = new ArrayList<>();
    expected.add(Optional.of(node.type(0).dim(0)));
    while (expected.size() < spatial + 2) {
      expected.add(Optional.empty());
    }
    List<Dim> shape = sizes.decide(wanted, expected);
    List<Dim> image = shape.subList(2, shape.size());
    Dim pixels = image.stream().reduce(Dim.of(1), Dim::times);
    DType dtype = c.dtype(node.input(0));
    // Positions are x, y, z; sizes z, y, x.
    List<Expr> columns = new ArrayList<>();
    for (int i = spatial - 1; i >= 0; i--) {
      Expr own = sizes.along(position(node, image.get(i)), i, spatial);
      columns.add(c.expandDims(sizes.reshape(sizes.full(own, image), List.of(pixels)), 1));
    }
    columns.add(sizes.full(node.value(DType.F64, 1), List.of(pixels, Dim.of(1))));
    Expr grid = c.cast(c.concat(1, columns), dtype);
    Expr mapped = c.matmul(grid, c.transposeLast(node.input(0)));
    List<Dim> result = new ArrayList<>();
    result.add(node.type(0).dim(0));
    result.addAll(image);
    result.add(Dim.of(spatial));
    return sizes.reshape(mapped, result);
  }

  private static Expr position(OnnxNode node, Dim size) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    Expr at = c.multiply(c.cast(sizes.positions(size), DType.F64), 2);
    Expr count = c.cast(sizes.number(size), DType.F64);
    if (!node.flag("align_corners", false)) {
      return c.add(c.divide(c.add(at, 1), count), -1);
    }
    Expr steps = c.add(count, -1);
    Expr way = node.call("maximum", steps, c.scalar(steps, 1));
    return c.add(c.divide(at, way), -1);
  }
}
