package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Fourier transforms, as products by matrices of cosines and sines, and what goes with them.
 * Complex numbers are a last dimension of size 2.
 */
final class SignalTransforms {

  private static final long MOST_ELEMENTS = 1L << 26;

  private SignalTransforms() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(17, "DFT", node -> transform(node, node.integer("axis", 1))),
        Conversion.from(
            20,
            "DFT",
            node -> transform(node, node.has(2) ? (long) node.scalar(2, "an axis") : -2)),
        Conversion.from(17, "STFT", SignalTransforms::shortTime),
        Conversion.from(17, "HannWindow", node -> window(node, 0.5, 0.5, 0)),
        Conversion.from(17, "HammingWindow", node -> window(node, 25.0 / 46, 21.0 / 46, 0)),
        Conversion.from(17, "BlackmanWindow", node -> window(node, 0.42, 0.5, 0.08)),
        Conversion.from(17, "MelWeightMatrix", SignalTransforms::melWeights));
  }

  private static Expr transform(OnnxNode node, long axisAttribute) {
    if (!node.type(0).isStatic()) {
      return OpenSignals.transform(node, node.value(DType.I64, axisAttribute));
    }
    Composer c = new Composer(node);
    Expr x = node.input(0);
    int axis = node.axis(axisAttribute, c.rank(x));
    boolean inverse = node.flag("inverse", false);
    boolean oneSided = node.flag("onesided", false);
    long size = c.size(x, axis);
    long length =
        node.has(1)
            ? (long) node.scalar(1, "a length")
            : inverse && oneSided ? 2 * (size - 1) : size;
    int last = c.rank(x) - 2;
    Expr moved = c.moveAxis(x, axis, last);
    Expr result = transform(c, moved, length, inverse, oneSided);
    return c.moveAxis(result, last, axis);
  }

  /** Along the dimension before the last. */
  private static Expr transform(
      Composer c, Expr x, long length, boolean inverse, boolean oneSided) {
    int axis = c.rank(x) - 2;
    boolean isReal = c.size(x, -1) == 1;
    long bins = length / 2 + 1;
    long used = inverse && oneSided ? bins : length;
    Expr fitted = fitted(c, x, axis, used);
    Expr real = c.squeeze(c.slice(fitted, axis + 1L, 0, 1), axis + 1L);
    Expr imaginary = isReal ? null : c.squeeze(c.slice(fitted, axis + 1L, 1, 2), axis + 1L);
    DType dtype = c.dtype(x);
    if (inverse && oneSided) {
      Expr cosines = matrix(c, dtype, used, length, length, Math::cos, true);
      Expr sines = matrix(c, dtype, used, length, length, Math::sin, true);
      Expr sum = c.matmul(real, cosines);
      Expr whole = isReal ? sum : c.subtract(sum, c.matmul(imaginary, sines));
      return c.expandDims(c.multiply(whole, 1.0 / length), axis + 1L);
    }
    long columns = oneSided ? bins : length;
    Expr cosines = matrix(c, dtype, used, columns, length, Math::cos, false);
    double sign = inverse ? -1 : 1;
    Expr sines = matrix(c, dtype, used, columns, length, a -> sign * Math.sin(a), false);
    Expr re = c.matmul(real, cosines);
    Expr im = c.unary("negative", c.matmul(real, sines));
    if (!isReal) {
      re = c.add(re, c.matmul(imaginary, sines));
      im = c.add(c.matmul(imaginary, cosines), im);
    }
    Expr result = c.concat(axis + 1L, c.expandDims(re, axis + 1L), c.expandDims(im, axis + 1L));
    return inverse ? c.multiply(result, 1.0 / length) : result;
  }

  /** Cut, or padded with zeros. */
  private static Expr fitted(Composer c, Expr x, int axis, long length) {
    long size = c.size(x, axis);
    if (size >= length) {
      return size == length ? x : c.slice(x, axis, 0, length);
    }
    List<Long> behind = new ArrayList<>(Composer.zeros(c.rank(x)));
    behind.set(axis, length - size);
    return c.pad(x, Composer.zeros(c.rank(x)), behind, 0);
  }

  /**
   * {@code f(2 pi row column / length)}.
   *
   * @param mirrored whether a row stands for its mirror image as well
   */
  private static Expr matrix(
      Composer c,
      DType dtype,
      long rows,
      long columns,
      long length,
      DoubleUnaryOperator f,
      boolean mirrored) {
    long[] sizes = c.node().checked(List.of(rows, columns), MOST_ELEMENTS);
    NDArray matrix = NDArray.allocate(TensorType.of(dtype, sizes));
    for (long row = 0; row < rows; row++) {
      double weight = mirrored && row > 0 && 2 * row != length ? 2 : 1;
      for (long column = 0; column < columns; column++) {
        double angle = 2 * Math.PI * ((row * column) % length) / length;
        matrix.setDouble(row * columns + column, weight * f.applyAsDouble(angle));
      }
    }
    return c.node().value(matrix);
  }

  /** Where only the run knows the axis or the length. */
  static Expr transformAtRunTime(OnnxNode node) {
    if (node.opset() < 20) {
      return OpenSignals.transform(node, node.value(DType.I64, node.integer("axis", 1)));
    }
    return OpenSignals.transform(
        node, node.has(2) ? new OpenSizes(node).number(2, DType.I64) : node.value(DType.I64, -2));
  }

  private static Expr shortTime(OnnxNode node) {
    if (!node.type(0).isStatic() || (node.has(2) && !node.type(2).isStatic())) {
      return OpenSignals.shortTime(node);
    }
    Composer c = new Composer(node);
    Expr signal = node.input(0);
    if (c.rank(signal) == 2) {
      signal = c.expandDims(signal, 2);
    }
    long step = (long) node.scalar(1, "a step");
    long length = node.has(3) ? (long) node.scalar(3, "a length") : c.size(node.input(2), 0);
    long frames = 1 + (c.size(signal, 1) - length) / step;
    NDArray positions = NDArray.allocate(TensorType.of(DType.I64, frames, length));
    for (long i = 0; i < frames * length; i++) {
      positions.setLong(i, i / length * step + i % length);
    }
    Expr framed = c.take(signal, node.value(positions), 1);
    if (node.has(2)) {
      framed = c.multiply(framed, c.reshape(node.input(2), length, 1));
    }
    return transform(c, framed, length, false, node.flag("onesided", true));
  }

  /** {@code a - b cos(2 pi n / N) + c cos(4 pi n / N)}. */
  private static Expr window(OnnxNode node, double a, double b, double c) {
    long size = (long) node.scalar(0, "a size");
    long period = node.flag("periodic", true) ? size : size - 1;
    DType dtype = node.dtype("output_datatype").orElse(DType.F32);
    NDArray values =
        NDArray.allocate(TensorType.of(dtype, node.checked(List.of(size), MOST_ELEMENTS)));
    for (long n = 0; n < size; n++) {
      double angle = 2 * Math.PI * n / period;
      values.setDouble(n, a - b * Math.cos(angle) + c * Math.cos(2 * angle));
    }
    return node.value(values);
  }

  /** Triangles over the bins of a spectrum, evenly spaced on the mel scale. */
  private static Expr melWeights(OnnxNode node) {
    int count = (int) node.scalar(0, "a number of bands");
    long length = (long) node.scalar(1, "a length");
    double rate = node.scalar(2, "a sample rate");
    double low = 2595 * Math.log10(1 + node.scalar(3, "a lowest frequency") / 700);
    double high = 2595 * Math.log10(1 + node.scalar(4, "a highest frequency") / 700);
    long bins = length / 2 + 1;
    DType dtype = node.dtype("output_datatype").orElse(DType.F32);
    NDArray weights =
        NDArray.allocate(
            TensorType.of(dtype, node.checked(List.of(bins, (long) count), MOST_ELEMENTS)));
    long[] edges = new long[count + 2];
    double step = (high - low) / edges.length;
    for (int i = 0; i < edges.length; i++) {
      double hertz = 700 * (Math.pow(10, (i * step + low) / 2595) - 1);
      edges[i] = (long) Math.floor((length + 1) * hertz / rate);
      if (edges[i] < 0 || edges[i] >= bins) {
        throw node.fault("has a frequency above half the sample rate");
      }
    }
    for (int i = 0; i < count; i++) {
      long left = edges[i];
      long centre = edges[i + 1];
      long right = edges[i + 2];
      if (left == centre) {
        weights.setDouble(centre * count + i, 1);
      }
      for (long j = left; j <= centre && left < centre; j++) {
        weights.setDouble(j * count + i, (double) (j - left) / (centre - left));
      }
      for (long j = centre; j < right; j++) {
        weights.setDouble(j * count + i, (double) (right - j) / (right - centre));
      }
    }
    return node.value(weights);
  }
}
