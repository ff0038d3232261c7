package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Between real numbers and integers that stand for them. */
final class Quantization {

  private Quantization() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("QuantizeLinear", Quantization::quantize),
        Conversion.of("DequantizeLinear", Quantization::dequantize),
        new Conversion("", "DynamicQuantizeLinear", 11, Quantization::dynamic),
        Conversion.of("ConvInteger", Quantization::convInteger),
        Conversion.of("QLinearMatMul", Quantization::linearMatmul),
        Conversion.of("QLinearConv", Quantization::linearConv));
  }

  static Expr quantize(OnnxNode node) {
    var dtype = node.has(2) ? node.type(2).dtype() : quantizedType(node);
    var zero = node.optional(2).orElseGet(() -> zeroPoint(node, dtype));
    Composer c = new Composer(node);
    Expr data = node.input(0);
    Expr scale = blocks(node, node.input(1));
    zero = blocks(node, zero);
    var precision = node.dtype("precision").orElse(c.dtype(data));
    if (!c.dtype(scale).equals(precision) || !c.dtype(data).equals(precision)) {
      data = c.cast(data, precision);
      scale = c.cast(scale, precision);
    }
    boolean blocked = node.integer("block_size", 0) != 0;
    if (!blocked && !dtype.isNarrow()) {
      return node.call("quantize", axis(node), data, perTensor(node, scale), perTensor(node, zero));
    }
    // The scale has the data's shape, or one that broadcasts to it.
    Expr aligned = blocked ? scale : aligned(node, c, scale);
    Expr quotient = c.divide(data, aligned);
    if (dtype.isNarrow() && !isInteger(dtype)) {
      return node.call(
          "cast",
          Attributes.builder().put("dtype", dtype).put("saturate", node.flag("saturate", true)),
          quotient);
    }
    Expr offset = c.castLike(blocked ? zero : aligned(node, c, zero), quotient);
    boolean signed = dtype.kind() == DType.Kind.INT;
    double values = Math.scalb(1.0, dtype.bits());
    Expr clipped =
        node.call(
            "clip",
            Attributes.builder()
                .put("a_min", signed ? -values / 2 : 0)
                .put("a_max", signed ? values / 2 - 1 : values - 1),
            c.add(c.unary("round", quotient), offset));
    return c.cast(clipped, dtype);
  }

  private static boolean isInteger(DType dtype) {
    return dtype.kind() == DType.Kind.INT || dtype.kind() == DType.Kind.UINT;
  }

  /** A parameter of each block repeated for its elements; as it is where there are no blocks. */
  private static Expr blocks(OnnxNode node, Expr parameter) {
    long block = node.integer("block_size", 0);
    if (block == 0) {
      return parameter;
    }
    Composer c = new Composer(node);
    int axis = node.axis(node.integer("axis", 1), node.rank(0));
    long size = node.size(node.type(0).dim(axis));
    Expr repeated = c.repeat(parameter, block, axis);
    return c.size(repeated, axis) == size ? repeated : c.slice(repeated, axis, 0, size);
  }

  /** A parameter for each channel, shaped to broadcast to the data; a single one as it is. */
  private static Expr aligned(OnnxNode node, Composer c, Expr parameter) {
    if (c.rank(parameter) == 0) {
      return parameter;
    }
    if (isSingle(node, parameter)) {
      return perTensor(node, parameter);
    }
    int axis = node.axis(node.integer("axis", 1), node.rank(0));
    return VariadicElementwise.appendOnes(node, parameter, node.rank(0) - 1 - axis);
  }

  /** To 8 bits over the range that the data, and zero, have. */
  static List<Expr> dynamic(OnnxNode node) {
    Composer c = new Composer(node);
    Expr x = node.input(0);
    long[] axes = java.util.stream.LongStream.range(0, c.rank(x)).toArray();
    Expr zero = c.scalar(x, 0);
    Expr high = node.call("maximum", c.reduce("max", x, false, axes), zero);
    Expr low = node.call("minimum", c.reduce("min", x, false, axes), zero);
    Expr range = c.where(node.call("equal", high, low), c.scalar(x, 1), c.subtract(high, low));
    Expr scale = c.divide(range, c.scalar(x, 255));
    Expr unclipped = c.unary("negative", c.divide(low, scale));
    Expr clipped =
        node.call("clip", Attributes.builder().put("a_min", 0.0).put("a_max", 255.0), unclipped);
    Expr zeroPoint = c.cast(c.unary("round", clipped), DType.U8);
    Expr quantized =
        node.call("quantize", Attributes.builder().put("axis", 0), x, scale, zeroPoint);
    return List.of(quantized, scale, zeroPoint);
  }

  private static DType quantizedType(OnnxNode node) {
    return node.integer("output_dtype", 0) == 0
        ? DType.U8
        : node.dtype("output_dtype").orElse(DType.U8);
  }

  static Expr dequantize(OnnxNode node) {
    var dtype = node.type(0).dtype();
    boolean blocked = node.integer("block_size", 0) != 0;
    if (!blocked && dtype.isInteger()) {
      var zero = node.optional(2).orElseGet(() -> zeroPoint(node, dtype));
      return node.call(
          "dequantize",
          axis(node),
          node.input(0),
          perTensor(node, node.input(1)),
          perTensor(node, zero));
    }
    Composer c = new Composer(node);
    DType real = c.dtype(node.input(1)).bits() < 32 ? DType.F32 : c.dtype(node.input(1));
    Expr scale = c.cast(node.input(1), real);
    scale = blocked ? blocks(node, scale) : aligned(node, c, scale);
    Expr data = c.cast(node.input(0), real);
    if (node.has(2)) {
      Expr zero = c.cast(node.input(2), real);
      data = c.subtract(data, blocked ? blocks(node, zero) : aligned(node, c, zero));
    }
    DType result = node.dtype("output_dtype").orElse(c.dtype(node.input(1)));
    return c.cast(c.multiply(data, scale), result);
  }

  /**
   * The axis of per-channel scales; for a single scale it does not matter and may be out of range.
   */
  private static Attributes.Builder axis(OnnxNode node) {
    return Attributes.builder()
        .put(
            "axis",
            isSingle(node, node.input(1)) ? 0 : node.axis(node.integer("axis", 1), node.rank(0)));
  }

  /**
   * Whether a parameter is one for the whole tensor: a number, or a vector of one, as quantisers
   * write it for biases too, which have no second axis.
   */
  private static boolean isSingle(OnnxNode node, Expr parameter) {
    TensorType type = node.type(parameter);
    return type.isStatic() && type.elements() == 1;
  }

  /** A single parameter as a number; others as they are. */
  static Expr perTensor(OnnxNode node, Expr parameter) {
    return node.type(parameter).rank() == 1 && isSingle(node, parameter)
        ? node.reshape(parameter, List.of())
        : parameter;
  }

  /** A zero point of 0, shaped as the scale. */
  private static Expr zeroPoint(OnnxNode node, DType dtype) {
    var sizes = node.sizes(1).stream().mapToLong(Long::longValue).toArray();
    return node.value(NDArray.allocate(TensorType.of(dtype, sizes)));
  }

  /**
   * An input of 8 bits as 32-bit integers, less its zero point.
   *
   * @param axis the axis that a zero point with several elements belongs to
   */
  static Expr centred(OnnxNode node, int input, Optional<Expr> zeroPoint, int axis) {
    var wide = Casts.cast(node, node.input(input), DType.I32);
    if (zeroPoint.isEmpty()) {
      return wide;
    }
    var zero = Casts.cast(node, zeroPoint.get(), DType.I32);
    if (node.type(zero).rank() == 1) {
      zero =
          node.type(zero).elements() == 1
              ? node.reshape(zero, List.of())
              : VariadicElementwise.appendOnes(node, zero, node.rank(input) - 1 - axis);
    }
    return node.call("subtract", wide, zero);
  }

  private static Expr convInteger(OnnxNode node) {
    var data = centred(node, 0, node.optional(2), 1);
    var weight = centred(node, 1, node.optional(3), 0);
    return conv(node, Convolutions.kernel(node), data, weight);
  }

  private static Expr conv(OnnxNode node, List<Long> kernel, Expr data, Expr weight) {
    return node.call(
        "nn.conv%dd".formatted(kernel.size()),
        Windows.of(node, kernel).attributes().put("groups", node.integer("group", 1)),
        data,
        weight);
  }

  /** a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero: exact integers, rescaled once. */
  private static Expr linearMatmul(OnnxNode node) {
    var left = centred(node, 0, node.optional(2), node.rank(0) - 2);
    var right = centred(node, 3, node.optional(5), node.rank(3) - 1);
    return rescaled(node, MatrixProducts.matmul(node, left, right), node.input(4));
  }

  /** As {@link #linearMatmul}, and a bias of 32 bits in the scale of the products. */
  private static Expr linearConv(OnnxNode node) {
    var kernel = node.sizes(3).subList(2, node.rank(3));
    var result =
        conv(
            node,
            kernel,
            centred(node, 0, node.optional(2), 1),
            centred(node, 3, node.optional(5), 0));
    if (node.has(8)) {
      result = node.call("nn.bias_add", Attributes.builder().put("axis", 1), result, node.input(8));
    }
    var scale = node.input(4);
    if (node.type(scale).rank() == 1 && node.type(scale).elements() > 1) {
      scale = VariadicElementwise.appendOnes(node, scale, kernel.size());
    }
    return rescaled(node, result, scale);
  }

  private static Expr rescaled(OnnxNode node, Expr products, Expr rightScale) {
    var scale = node.call("multiply", node.input(1), rightScale);
    var real = node.call("multiply", Casts.cast(node, products, node.type(scale).dtype()), scale);
    return node.call(
        "quantize", Attributes.builder().put("axis", 0), real, scalar(node, 6), scalar(node, 7));
  }

  private static Expr scalar(OnnxNode node, int input) {
    return node.rank(input) == 0 ? node.input(input) : node.reshape(node.input(input), List.of());
  }
}
