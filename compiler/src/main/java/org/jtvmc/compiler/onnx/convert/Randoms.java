package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.control.RandomNumbers;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/** Numbers drawn by chance, and what is made of them. */
final class Randoms {

  private static final long MOST_ELEMENTS = 1L << 28;

  private Randoms() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(15, "Bernoulli", Randoms::bernoulli),
        new Conversion("", "Dropout", 1, Randoms::dropout),
        Conversion.from(7, "Multinomial", Randoms::multinomial),
        Conversion.of("RandomNormal", node -> normal(node, shape(node))),
        Conversion.of("RandomNormalLike", node -> normal(node, node.type(0).shape())),
        Conversion.of("RandomUniform", node -> uniform(node, shape(node))),
        Conversion.of("RandomUniformLike", node -> uniform(node, node.type(0).shape())));
  }

  private static List<Dim> shape(OnnxNode node) {
    List<Long> shape =
        node.integers("shape").orElseThrow(() -> node.fault("lacks its attribute 'shape'"));
    node.checked(shape, MOST_ELEMENTS);
    return shape.stream().map(Dim::of).toList();
  }

  private static Expr draw(OnnxNode node, DType dtype, List<Dim> shape) {
    return draw(
        node,
        dtype,
        shape,
        node.hasAttribute("seed")
            ? OptionalLong.of(Float.floatToIntBits((float) node.real("seed", 0)))
            : OptionalLong.empty());
  }

  /** Evenly between 0 and 1. */
  private static Expr draw(OnnxNode node, DType dtype, List<Dim> shape, OptionalLong seed) {
    Attributes.Builder attributes =
        Attributes.builder()
            .putSizes("shape", shape)
            .put("dtype", wide(dtype))
            .put("number", node.runTime().draw());
    if (seed.isPresent()) {
      attributes.put("seeded", true).put("seed", seed.getAsLong());
    }
    return node.call(RandomNumbers.NAME, attributes, sizes(node, shape));
  }

  private static Expr sizes(OnnxNode node, List<Dim> shape) {
    return shape.isEmpty() ? node.value(NDArray.ofLongs(List.of())) : node.shape(shape);
  }

  private static DType wide(DType dtype) {
    return dtype.equals(DType.F64) ? DType.F64 : DType.F32;
  }

  /** What the result's elements are. */
  private static DType dtype(OnnxNode node) {
    boolean isLike = node.inputCount() > 0;
    DType own = isLike ? node.type(0).dtype() : DType.F32;
    return node.dtype("dtype").orElse(own.isFloat() ? own : DType.F32);
  }

  private static Expr uniform(OnnxNode node, List<Dim> shape) {
    Composer c = new Composer(node);
    double low = node.real("low", 0);
    double high = node.real("high", 1);
    Expr drawn = draw(node, dtype(node), shape);
    return c.cast(c.add(c.multiply(drawn, high - low), low), dtype(node));
  }

  /** Two even numbers make a normal one (Box and Muller, 1958). */
  private static Expr normal(OnnxNode node, List<Dim> shape) {
    Composer c = new Composer(node);
    Expr angle = c.multiply(draw(node, dtype(node), shape), 2 * Math.PI);
    Expr drawn = draw(node, dtype(node), shape);
    Expr radius = c.unary("sqrt", c.multiply(c.unary("log", drawn), -2));
    Expr normal = c.multiply(radius, c.unary("cos", angle));
    return c.cast(
        c.add(c.multiply(normal, node.real("scale", 1)), node.real("mean", 0)), dtype(node));
  }

  private static Expr bernoulli(OnnxNode node) {
    Composer c = new Composer(node);
    DType dtype = node.type(0).dtype();
    Expr drawn = draw(node, dtype, node.type(0).shape());
    Expr isOne = node.call("less", drawn, c.castLike(node.input(0), drawn));
    return c.cast(isOne, node.dtype("dtype").orElse(dtype));
  }

  /**
   * The class whose logarithm of a probability, with a number of its own drawn from Gumbel's
   * distribution added, is the greatest.
   */
  private static Expr multinomial(OnnxNode node) {
    Composer c = new Composer(node);
    List<Dim> logits = node.type(0).shape();
    List<Dim> shape =
        List.of(logits.getFirst(), Dim.of(node.integer("sample_size", 1)), logits.getLast());
    Expr drawn = draw(node, node.type(0).dtype(), shape);
    Expr inner = c.unary("negative", c.unary("log", drawn));
    Expr gumbel = c.unary("negative", c.unary("log", inner));
    Expr sums = c.add(c.castLike(c.expandDims(node.input(0), 1), gumbel), gumbel);
    Expr greatest =
        node.call("argmax", Attributes.builder().put("axis", 2).put("keepdims", false), sums);
    return c.cast(greatest, node.dtype("dtype").orElse(DType.I32));
  }

  /** Outside training the input passes, and the mask, where it is asked for, is all true. */
  private static List<Expr> dropout(OnnxNode node) {
    boolean isKnown = !node.has(2) || node.known(2).isPresent();
    boolean trains = node.has(2) && (!isKnown || node.scalar(2, "training mode") != 0);
    boolean keepsAll = node.known(1).isPresent() && node.scalar(1, "a ratio") == 0;
    Expr data = node.input(0);
    Composer c = new Composer(node);
    if (!trains || keepsAll) {
      if (!node.wants(1)) {
        return List.of(data);
      }
      Expr ones = node.call("ones_like", data);
      return Arrays.asList(data, node.opset() < 7 ? ones : c.cast(ones, DType.BOOL));
    }
    OptionalLong seed =
        node.hasAttribute("seed") ? OptionalLong.of(node.integer("seed", 0)) : OptionalLong.empty();
    Expr drawn = draw(node, c.dtype(data), node.type(data).shape(), seed);
    Expr ratio =
        node.optional(1)
            .map(given -> c.castLike(c.reshape(given), drawn))
            .orElse(c.scalar(drawn, 0.5));
    Expr kept = node.call("greater_equal", drawn, ratio);
    Expr factor = c.castLike(c.divide(c.scalar(ratio, 1), c.subtract(1, ratio)), data);
    Expr result = c.where(kept, c.multiply(data, factor), c.scalar(data, 0));
    Optional<Expr> flag =
        isKnown ? Optional.empty() : Optional.of(c.cast(c.reshape(node.input(2)), DType.BOOL));
    List<Expr> results = new ArrayList<>();
    results.add(flag.map(training -> c.where(training, result, data)).orElse(result));
    if (node.wants(1)) {
      results.add(
          flag.map(training -> node.call("logical_or", kept, node.call("logical_not", training)))
              .orElse(kept));
    }
    return results;
  }
}
