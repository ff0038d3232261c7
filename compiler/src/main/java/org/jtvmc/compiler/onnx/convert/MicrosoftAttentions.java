package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/** Attention of ONNX Runtime's own operator set. */
final class MicrosoftAttentions {

  private MicrosoftAttentions() {}

  static List<Conversion> all() {
    return List.of(
        new Conversion(MicrosoftOperators.DOMAIN, "Attention", 1, MicrosoftAttentions::attention)
            .limitedTo("no past keys and values"),
        new Conversion(
                MicrosoftOperators.DOMAIN, "MultiHeadAttention", 1, MicrosoftAttentions::multiHead)
            .limitedTo("no packed inputs, no past keys and values"));
  }

  /** Input, weights of all three projections, their bias, mask, past, additive bias. */
  private static List<Expr> attention(OnnxNode node) {
    Composer c = new Composer(node);
    if (node.has(4) || node.wants(1)) {
      throw node.fault("keeps past keys and values, which is not supported");
    }
    Expr all = c.matmul(node.input(0), node.input(1));
    all = node.has(2) ? c.add(all, node.input(2)) : all;
    long width = c.size(all, 2);
    List<Long> sizes =
        node.integers("qkv_hidden_sizes").orElse(List.of(width / 3, width / 3, width / 3));
    Expr query = c.slice(all, 2, 0, sizes.get(0));
    Expr key = c.slice(all, 2, sizes.get(0), sizes.get(0) + sizes.get(1));
    Expr value = c.slice(all, 2, sizes.get(0) + sizes.get(1), width);
    return List.of(attend(node, c, query, key, value, node.optional(3), node.optional(5)));
  }

  /** Query, key, value, bias of all three, mask, additive bias. */
  private static List<Expr> multiHead(OnnxNode node) {
    Composer c = new Composer(node);
    if (node.rank(0) != 3 || !node.has(1) || node.rank(1) != 3 || !node.has(2)) {
      throw node.fault("has packed queries, keys and values, which is not supported");
    }
    if (node.has(6) || node.wants(1)) {
      throw node.fault("keeps past keys and values, which is not supported");
    }
    Expr query = node.input(0);
    Expr key = node.input(1);
    Expr value = node.input(2);
    if (node.has(3)) {
      long q = c.size(query, 2);
      long k = c.size(key, 2);
      Expr bias = node.input(3);
      query = c.add(query, c.slice(bias, 0, 0, q));
      key = c.add(key, c.slice(bias, 0, q, q + k));
      value = c.add(value, c.slice(bias, 0, q + k, q + k + c.size(value, 2)));
    }
    return List.of(attend(node, c, query, key, value, node.optional(4), node.optional(5)));
  }

  private static Expr attend(
      OnnxNode node,
      Composer c,
      Expr queries,
      Expr keys,
      Expr values,
      Optional<Expr> mask,
      Optional<Expr> bias) {
    long heads = node.requiredInteger("num_heads");
    Expr query = Attentions.heads(c, queries, heads);
    Expr key = Attentions.heads(c, keys, heads);
    Expr value = Attentions.heads(c, values, heads);
    double given = node.real("scale", 0);
    double scale = given == 0 ? 1 / Math.sqrt(c.size(query, 3)) : given;
    Expr scores = c.multiply(c.matmul(query, c.transposeLast(key)), scale);
    List<Expr> added = new ArrayList<>();
    bias.ifPresent(added::add);
    mask.ifPresent(m -> added.add(additive(node, c, m, scores)));
    if (node.flag("unidirectional", false)) {
      long length = c.size(query, 2);
      Expr rows = c.reshape(c.range(DType.I64, length), length, 1);
      Expr seen = node.call("less_equal", c.range(DType.I64, c.size(key, 2)), rows);
      added.add(c.where(seen, c.scalar(scores, 0), c.scalar(scores, Double.NEGATIVE_INFINITY)));
    }
    Expr biased = added.stream().reduce(scores, c::add);
    return Attentions.pack(c, c.matmul(c.softmax(biased, -1), value));
  }

  /** A mask of zeros and ones by key, or the number of keys that count. */
  private static Expr additive(OnnxNode node, Composer c, Expr mask, Expr scores) {
    Expr off = c.scalar(scores, node.real("mask_filter_value", -10000));
    Expr on = c.scalar(scores, 0);
    long keys = c.size(scores, 3);
    if (c.rank(mask) == 1 && c.size(mask, 0) == c.size(scores, 0)) {
      Expr lengths = c.reshape(c.cast(mask, DType.I64), -1, 1, 1, 1);
      return c.where(node.call("less", c.range(DType.I64, keys), lengths), on, off);
    }
    Expr seen = c.cast(mask, DType.BOOL);
    return switch (c.rank(mask)) {
      case 2 -> c.where(c.expandDims(seen, 1, 2), on, off);
      case 3 -> c.where(c.expandDims(seen, 1), on, off);
      default ->
          throw node.fault(
              "has a mask of %d dimensions, which is not supported".formatted(c.rank(mask)));
    };
  }
}
