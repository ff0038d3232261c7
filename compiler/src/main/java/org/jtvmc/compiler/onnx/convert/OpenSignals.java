package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/**
 * Fourier transforms of which only the run knows the axis, the length or the step, and the matrix
 * that takes spectra to the mel scale. Angles are computed in double precision.
 */
final class OpenSignals {

  private final OnnxNode node;
  private final OpenSizes sizes;
  private final Composer c;

  private OpenSignals(OnnxNode node) {
    this.node = node;
    this.sizes = new OpenSizes(node);
    this.c = sizes.c();
  }

  /** What is transformed: of complex numbers the real and the imaginary parts, apart. */
  private record Parts(Expr real, Optional<Expr> imaginary) {}

  /**
   * How a transform goes.
   *
   * @param used how many elements it reads of each row
   * @param columns how many it gives
   * @param length that of the signal, as a number
   */
  private record Form(Dim used, Dim columns, Expr length, boolean inverse, boolean oneSided) {

    /** Whether a row of the matrix stands for its mirror image as well; the result is real then. */
    boolean isMirrored() {
      return inverse && oneSided;
    }
  }

  /** DFT along an axis that counts from 0 to the rank less 1, or from the end. */
  static Expr transform(OnnxNode node, Expr axis) {
    return new OpenSignals(node).along(axis);
  }

  private Expr along(Expr given) {
    int rank = node.rank(0);
    boolean inverse = node.flag("inverse", false);
    boolean oneSided = node.flag("onesided", false);
    Expr shape = node.shape(node.type(0).shape());
    Expr isCounted = node.call("less", given, c.scalar(given, 0));
    Expr axis = c.where(isCounted, c.add(given, rank), given);
    Expr places = c.range(DType.I64, rank);
    Expr isAxis = node.call("equal", places, axis);
    Expr isLast = node.call("equal", places, c.scalar(places, rank - 1));
    Expr isBehind = node.call("greater", places, axis);
    Expr size = c.sumAll(c.where(isAxis, shape, c.scalar(shape, 0)));
    Expr length = size;
    if (node.has(1)) {
      length = sizes.number(1, DType.I64);
    } else if (inverse && oneSided) {
      length = c.multiply(c.add(size, -1), 2);
    }
    Expr bins = bins(length);
    Expr columns = oneSided && !inverse ? bins : length;
    Expr one = c.scalar(shape, 1);
    Expr result = c.where(isAxis, columns, shape);
    result = c.where(isLast, c.scalar(shape, inverse && oneSided ? 1 : 2), result);
    Expr outer = product(c.where(node.call("less", places, axis), shape, one));
    Expr inner = product(c.where(node.call("logical_xor", isBehind, isLast), shape, one));
    Expr all =
        sizes.join(List.of(outer, size, inner, inverse && oneSided ? bins : length, columns));
    List<Dim> dims = sizes.decide(c.concat(0, all, result));
    Form form = new Form(dims.get(3), dims.get(4), length, inverse, oneSided);
    Dim width = node.type(0).dim(rank - 1);
    Expr x = sizes.reshape(node.input(0), List.of(dims.get(0), dims.get(1), dims.get(2), width));
    x = c.transpose(x, 0, 2, 1, 3);
    Expr transformed = c.transpose(transform(x, form), 0, 2, 1, 3);
    return sizes.reshape(transformed, dims.subList(5, dims.size()));
  }

  private Expr product(Expr vector) {
    return c.reduce("prod", vector, false, 0);
  }

  /** How many numbers a one-sided spectrum has. */
  private Expr bins(Expr length) {
    return c.add(c.divide(length, c.scalar(length, 2)), 1);
  }

  static Expr shortTime(OnnxNode node) {
    return new OpenSignals(node).frames();
  }

  private Expr frames() {
    Expr signal = node.rank(0) == 2 ? c.expandDims(node.input(0), 2) : node.input(0);
    Expr step = sizes.number(1, DType.I64);
    Expr length = node.has(3) ? sizes.number(3, DType.I64) : sizes.number(node.type(2).dim(0));
    boolean oneSided = node.flag("onesided", true);
    Expr rest = c.subtract(sizes.number(c.type(signal).dim(1)), length);
    Expr frames = c.add(c.divide(rest, step), 1);
    List<Dim> dims =
        sizes.decide(sizes.join(List.of(frames, length, oneSided ? bins(length) : length)));
    Expr begins = c.expandDims(c.multiply(sizes.positions(dims.get(0)), step), 1);
    Expr framed = c.take(signal, c.add(begins, sizes.positions(dims.get(1))), 1);
    if (node.has(2)) {
      framed = c.multiply(framed, sizes.reshape(node.input(2), List.of(dims.get(1), Dim.of(1))));
    }
    return transform(framed, new Form(dims.get(1), dims.get(2), length, false, oneSided));
  }

  /** Along the dimension before the last of {@code [..., n, 1 or 2]}. */
  private Expr transform(Expr x, Form form) {
    Parts parts = parts(x, form.used);
    Expr cosines = matrix("cos", form, c.dtype(x));
    Expr sines = matrix("sin", form, c.dtype(x));
    Expr re = c.matmul(parts.real, cosines);
    if (form.isMirrored()) {
      Expr sum =
          parts.imaginary.map(imaginary -> c.subtract(re, c.matmul(imaginary, sines))).orElse(re);
      return c.expandDims(scaled(sum, form), c.rank(x) - 1L);
    }
    // The inverse transform turns the other way.
    Expr turned = form.inverse ? c.unary("negative", sines) : sines;
    Expr im = c.unary("negative", c.matmul(parts.real, turned));
    Expr real = parts.imaginary.map(imaginary -> c.add(re, c.matmul(imaginary, turned))).orElse(re);
    Expr other =
        parts.imaginary.map(imaginary -> c.add(c.matmul(imaginary, cosines), im)).orElse(im);
    long last = c.rank(x) - 1L;
    Expr both = c.concat(last, c.expandDims(real, last), c.expandDims(other, last));
    return form.inverse ? scaled(both, form) : both;
  }

  private Expr scaled(Expr value, Form form) {
    return c.divide(value, c.castLike(form.length, value));
  }

  /** Cut, or padded with zeros, and taken apart. */
  private Parts parts(Expr x, Dim used) {
    int axis = c.rank(x) - 2;
    long width = c.size(x, -1);
    if (width != 1 && width != 2) {
      throw node.fault("takes numbers of %d parts, where 1 and 2 are supported".formatted(width));
    }
    List<Expr> parts = new ArrayList<>();
    for (long i = 0; i < width; i++) {
      Expr part = c.squeeze(c.slice(x, axis + 1L, i, i + 1), axis + 1L);
      parts.add(
          c.type(x).dim(axis).equals(used)
              ? part
              : sizes.picked(part, axis, sizes.positions(used), Optional.of(c.scalar(part, 0))));
    }
    return new Parts(
        parts.getFirst(), width == 1 ? Optional.empty() : Optional.of(parts.getLast()));
  }

  /** {@code f(2 pi row column / length)}. */
  private Expr matrix(String f, Form form, DType dtype) {
    Expr rows = c.expandDims(sizes.positions(form.used), 1);
    Expr turns = node.call("mod", c.multiply(rows, sizes.positions(form.columns)), form.length);
    Expr part = c.divide(c.cast(turns, DType.F64), c.cast(form.length, DType.F64));
    Expr values = c.unary(f, c.multiply(part, 2 * Math.PI));
    if (form.isMirrored()) {
      Expr isMiddle = node.call("equal", c.multiply(rows, 2), form.length);
      Expr isOwn = node.call("logical_or", node.call("equal", rows, c.scalar(rows, 0)), isMiddle);
      values = c.multiply(values, c.where(isOwn, c.scalar(values, 1), c.scalar(values, 2)));
    }
    return c.cast(values, dtype);
  }

  static Expr melWeights(OnnxNode node) {
    return new OpenSignals(node).melWeights();
  }

  private Expr melWeights() {
    Expr count = sizes.number(0, DType.I64);
    Expr length = sizes.number(1, DType.I64);
    Expr low = mel(3);
    Expr high = mel(4);
    List<Dim> dims = sizes.decide(sizes.join(List.of(bins(length), count)));
    Expr step = c.divide(c.subtract(high, low), c.cast(c.add(count, 2), DType.F64));
    Expr bands = sizes.positions(dims.get(1));
    List<Expr> edges = new ArrayList<>();
    for (long i = 0; i < 3; i++) {
      Expr mel = c.add(c.multiply(c.cast(c.add(bands, i), DType.F64), step), low);
      Expr ten = c.scalar(mel, 10);
      Expr hertz = c.multiply(c.add(node.call("power", ten, c.multiply(mel, 1.0 / 2595)), -1), 700);
      Expr scaled = c.multiply(c.cast(c.add(length, 1), DType.F64), hertz);
      Expr bin = c.divide(scaled, c.cast(sizes.number(2, DType.I64), DType.F64));
      edges.add(c.cast(c.unary("floor", bin), DType.I64));
    }
    Expr at = c.expandDims(sizes.positions(dims.get(0)), 1);
    Expr left = edges.get(0);
    Expr centre = edges.get(1);
    Expr right = edges.get(2);
    Expr rising = c.where(equal(left, centre), c.scalar(low, 1), share(at, left, left, centre));
    Expr falling = share(right, at, centre, right);
    Expr weights = c.where(isWithin(at, left, c.add(centre, 1)), rising, c.scalar(low, 0));
    weights = c.where(isWithin(at, centre, right), falling, weights);
    return c.cast(weights, node.dtype("output_datatype").orElse(DType.F32));
  }

  private Expr mel(int input) {
    Expr hertz = sizes.number(input, DType.F64);
    Expr ratio = c.add(c.divide(hertz, c.scalar(hertz, 700)), 1);
    return c.multiply(c.unary("log", ratio), 2595 / Math.log(10));
  }

  private Expr equal(Expr a, Expr b) {
    return node.call("equal", a, b);
  }

  private Expr isWithin(Expr at, Expr begin, Expr end) {
    return node.call(
        "logical_and", node.call("greater_equal", at, begin), node.call("less", at, end));
  }

  /** {@code (a - b) / (end - begin)}; anything where that is nothing. */
  private Expr share(Expr a, Expr b, Expr begin, Expr end) {
    Expr way = c.subtract(end, begin);
    Expr part = c.cast(c.subtract(a, b), DType.F64);
    return c.divide(part, c.cast(node.call("maximum", way, c.scalar(way, 1)), DType.F64));
  }
}
