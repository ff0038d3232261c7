package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Resize that smooths what it shrinks: the kernel of the interpolation is as wide as the pixels
 * that one of the result stands for. Along each dimension that is a product with a matrix of
 * weights, known when the model is compiled.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__Resize.html">Resize, antialias</a>
 */
final class Antialias {

  private final OnnxNode node;
  private final boolean cubic;
  private final double coefficient;
  private final boolean excludeOutside;
  private final String coordinates;

  private Antialias(OnnxNode node) {
    this.node = node;
    cubic = node.text("mode", "").equals("cubic");
    coefficient = node.real("cubic_coeff_a", -0.75);
    excludeOutside = node.flag("exclude_outside", false);
    coordinates = node.text("coordinate_transformation_mode", "half_pixel");
  }

  /** The node's result. */
  static Expr of(OnnxNode node, List<Long> sizes, List<Double> scales) {
    Antialias smoothing = new Antialias(node);
    Composer c = new Composer(node);
    DType dtype = c.dtype(node.input(0));
    DType real = dtype.equals(DType.F64) ? DType.F64 : DType.F32;
    Expr image = c.cast(node.input(0), real);
    int last = c.rank(image) - 1;
    for (int axis = 0; axis <= last; axis++) {
      if (scales.get(axis) != 1) {
        NDArray weights =
            smoothing.weights(real, c.size(image, axis), sizes.get(axis), scales.get(axis));
        image =
            c.moveAxis(c.matmul(c.moveAxis(image, axis, last), node.value(weights)), last, axis);
      }
    }
    return c.cast(image, dtype);
  }

  /** {@code [from, to]}: how much of each element each result takes. */
  private NDArray weights(DType dtype, long from, long to, double scale) {
    double stretch = Math.min(scale, 1);
    int reach = cubic ? 2 : 1;
    long first = (long) Math.floor(-reach / stretch) + 1;
    long last = reach - first + (cubic ? -1 : 1 - reach);
    NDArray weights = NDArray.allocate(TensorType.of(dtype, from, to));
    for (long result = 0; result < to; result++) {
      double at = source(result, from, to, scale);
      long floor = (long) Math.floor(at);
      double total = 0;
      for (long i = first; i <= last; i++) {
        total += counts(floor + i, from) ? kernel(stretch * (i - (at - floor))) : 0;
      }
      for (long i = first; i <= last; i++) {
        if (counts(floor + i, from)) {
          long element = Math.clamp(floor + i, 0, from - 1) * to + result;
          double weight = kernel(stretch * (i - (at - floor))) / total;
          weights.setDouble(element, weights.getDouble(element) + weight);
        }
      }
    }
    return weights;
  }

  private boolean counts(long index, long from) {
    return !excludeOutside || (index >= 0 && index < from);
  }

  private double kernel(double distance) {
    double d = Math.abs(distance);
    if (!cubic) {
      return Math.max(0, 1 - d);
    }
    double a = coefficient;
    if (d <= 1) {
      return ((a + 2) * d - (a + 3)) * d * d + 1;
    }
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  }

  private double source(long result, long from, long to, double scale) {
    double halfPixel = (result + 0.5) / scale - 0.5;
    return switch (coordinates) {
      case "half_pixel" -> halfPixel;
      case "pytorch_half_pixel" -> to > 1 ? halfPixel : -0.5;
      case "half_pixel_symmetric" -> from / 2.0 * (1 - to / (scale * from)) + halfPixel;
      case "asymmetric" -> result / scale;
      case "align_corners" -> to == 1 ? 0 : result * (from - 1.0) / (to - 1);
      case String other ->
          throw node.fault(
              "shrinks with antialias by '%s', which is not supported".formatted(other));
    };
  }
}
