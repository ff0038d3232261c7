package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/** Losses of classifications: inputs are {@code [N, C, d1, ...]}, labels {@code [N, d1, ...]}. */
final class Losses {

  private Losses() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(
            12,
            "NegativeLogLikelihoodLoss",
            node -> likelihood(node, node.input(0), node.input(1), node.optional(2))),
        new Conversion("", "SoftmaxCrossEntropyLoss", 12, Losses::crossEntropy));
  }

  private static List<Expr> crossEntropy(OnnxNode node) {
    Expr logarithms = new Composer(node).along("nn.log_softmax", node.input(0), 1);
    return List.of(likelihood(node, logarithms, node.input(1), node.optional(2)), logarithms);
  }

  /** Minus the input at the label's class, times the class's weight; reduced as asked for. */
  private static Expr likelihood(
      OnnxNode node, Expr logarithms, Expr labels, Optional<Expr> weight) {
    Composer c = new Composer(node);
    DType dtype = c.dtype(logarithms);
    Expr classes = c.cast(labels, DType.I64);
    Optional<Expr> ignored = Optional.empty();
    if (node.hasAttribute("ignore_index")) {
      Expr index = node.value(DType.I64, node.integer("ignore_index", 0));
      ignored = Optional.of(node.call("equal", classes, index));
      // The label to ignore may be no class: nothing is to be looked up with it.
      classes = c.where(ignored.get(), node.value(DType.I64, 0), classes);
    }
    Expr picked =
        node.call(
            "gather", Attributes.builder().put("axis", 1), logarithms, c.expandDims(classes, 1));
    Expr loss = c.unary("negative", c.squeeze(picked, 1));
    Expr weights =
        weight.isPresent()
            ? c.take(weight.get(), classes, 0)
            : c.broadcastTo(node.value(dtype, 1), c.sizes(classes));
    if (ignored.isPresent()) {
      weights = c.where(ignored.get(), node.value(dtype, 0), weights);
      loss = c.where(ignored.get(), node.value(dtype, 0), loss);
    }
    if (weight.isPresent()) {
      loss = c.multiply(loss, weights);
    }
    long[] axes = LongStream.range(0, c.rank(loss)).toArray();
    return switch (node.text("reduction", "mean")) {
      case "none" -> loss;
      case "sum" -> c.reduce("sum", loss, false, axes);
      case "mean" ->
          c.divide(c.reduce("sum", loss, false, axes), c.reduce("sum", weights, false, axes));
      case String other ->
          throw node.fault("reduces by '%s', not by none, sum or mean".formatted(other));
    };
  }
}
