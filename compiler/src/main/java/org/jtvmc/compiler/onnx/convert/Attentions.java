package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Scaled dot-product attention with its masks, caches and groups of heads. Inside, queries are
 * {@code [batch, heads, length, head size]}.
 */
final class Attentions {

  private Attentions() {}

  static List<Conversion> all() {
    return List.of(
        new Conversion("", "Attention", 23, Attentions::attention),
        new Conversion("ai.onnx.preview", "FlexAttention", 1, Attentions::flexAttention));
  }

  private static List<Expr> attention(OnnxNode node) {
    Composer c = new Composer(node);
    boolean packed = node.rank(0) == 3;
    Expr query = heads(c, node.input(0), node.integer("q_num_heads", 0));
    Expr key = heads(c, node.input(1), node.integer("kv_num_heads", 0));
    Expr value = heads(c, node.input(2), node.integer("kv_num_heads", 0));
    if (node.has(4)) {
      key = c.concat(2, node.input(4), key);
    }
    if (node.has(5)) {
      value = c.concat(2, node.input(5), value);
    }
    Optional<Expr> bias = bias(node, c, query, key);
    Expr allKeys = key;
    Expr allValues = value;
    long group = c.size(query, 1) / c.size(key, 1);
    key = c.repeat(key, group, 1);
    value = c.repeat(value, group, 1);
    double scale = node.real("scale", 1 / Math.sqrt(c.size(query, 3)));
    Expr factor = c.scalar(query, Math.sqrt(scale));
    Expr raw = c.matmul(c.multiply(query, factor), c.transposeLast(c.multiply(key, factor)));
    double cap = node.real("softcap", 0);
    Expr capped = cap == 0 ? raw : softCap(c, raw, cap);
    Expr biased = bias.isPresent() ? c.add(capped, bias.get()) : capped;
    DType precision = node.dtype("softmax_precision").orElse(c.dtype(query));
    Expr weights = c.softmax(c.cast(biased, precision), -1);
    if (bias.isPresent()) {
      weights = withoutMaskedRows(c, weights, bias.get());
    }
    Expr seen =
        switch ((int) node.integer("qk_matmul_output_mode", 0)) {
          case 1 -> capped;
          case 2 -> biased;
          case 3 -> c.castLike(weights, query);
          default -> capped;
        };
    Expr result = c.matmul(c.castLike(weights, query), value);
    return List.of(packed ? pack(c, result) : result, allKeys, allValues, seen);
  }

  /** {@code [batch, length, heads * size]} as {@code [batch, heads, length, size]}. */
  static Expr heads(Composer c, Expr packed, long heads) {
    if (c.rank(packed) == 4) {
      return packed;
    }
    if (heads < 1 || c.size(packed, 2) % heads != 0) {
      throw c.node().fault("has %d heads for vectors of %d".formatted(heads, c.size(packed, 2)));
    }
    Expr split =
        c.reshape(packed, c.size(packed, 0), c.size(packed, 1), heads, c.size(packed, 2) / heads);
    return c.transpose(split, 0, 2, 1, 3);
  }

  /** The inverse of {@link #heads}. */
  static Expr pack(Composer c, Expr value) {
    return c.reshape(
        c.transpose(value, 0, 2, 1, 3),
        c.size(value, 0),
        c.size(value, 2),
        c.size(value, 1) * c.size(value, 3));
  }

  private static Expr softCap(Composer c, Expr scores, double cap) {
    Expr limit = c.scalar(scores, cap);
    return c.multiply(c.unary("tanh", c.divide(scores, limit)), limit);
  }

  /** Rows without any key that counts: softmax makes them NaN, and their result is zero. */
  private static Expr withoutMaskedRows(Composer c, Expr weights, Expr bias) {
    Expr largest = c.reduce("max", bias, true, -1);
    Expr none = c.node().call("equal", largest, c.scalar(largest, Double.NEGATIVE_INFINITY));
    return c.where(none, c.scalar(weights, 0), weights);
  }

  /** All masks as what is added to the scores; it broadcasts to their shape. */
  private static Optional<Expr> bias(OnnxNode node, Composer c, Expr query, Expr key) {
    List<Expr> masks = new ArrayList<>();
    long keys = c.size(key, 2);
    if (node.has(3)) {
      Expr mask = node.input(3);
      long missing = keys - c.size(mask, -1);
      if (c.dtype(mask).isBool()) {
        mask = additive(c, query, mask);
      }
      if (missing > 0) {
        List<Long> behind = new ArrayList<>(Composer.zeros(c.rank(mask) - 1));
        behind.add(missing);
        mask = c.pad(mask, Composer.zeros(c.rank(mask)), behind, Double.NEGATIVE_INFINITY);
      }
      masks.add(c.castLike(mask, query));
    }
    positionMask(node, c, query, keys).ifPresent(mask -> masks.add(additive(c, query, mask)));
    if (node.has(6)) {
      Expr lengths = c.reshape(c.cast(node.input(6), DType.I64), -1, 1, 1, 1);
      Expr inside = node.call("less", c.range(DType.I64, keys), lengths);
      masks.add(additive(c, query, inside));
    }
    return masks.stream().reduce(c::add);
  }

  /** 0 where the mask is true, minus infinity elsewhere. */
  private static Expr additive(Composer c, Expr query, Expr mask) {
    return c.where(mask, c.scalar(query, 0), c.scalar(query, Double.NEGATIVE_INFINITY));
  }

  /** Which keys a query sees by their distance: causal, and within the window. */
  private static Optional<Expr> positionMask(OnnxNode node, Composer c, Expr query, long keys) {
    boolean causal = node.flag("is_causal", false);
    long left = node.integer("left_window_size", -1);
    long right = node.integer("right_window_size", -1);
    if (!causal && left < 0 && right < 0) {
      return Optional.empty();
    }
    long queries = c.size(query, 2);
    Expr position = c.reshape(c.range(DType.I64, queries), queries, 1);
    if (node.has(4)) {
      position = c.add(position, c.size(node.input(4), 2));
    } else if (node.has(6)) {
      Expr offset = c.add(c.cast(node.input(6), DType.I64), -queries);
      position = c.add(position, c.reshape(offset, -1, 1, 1, 1));
    }
    // How far a key lies before its query.
    Expr distance = c.subtract(position, c.range(DType.I64, keys));
    List<Expr> conditions = new ArrayList<>();
    if (causal) {
      conditions.add(node.call("greater_equal", distance, c.scalar(distance, 0)));
    }
    if (left >= 0) {
      conditions.add(node.call("less_equal", distance, c.scalar(distance, left)));
    }
    if (right >= 0) {
      conditions.add(node.call("greater_equal", distance, c.scalar(distance, -right)));
    }
    return conditions.stream().reduce((a, b) -> node.call("logical_and", a, b));
  }

  private static List<Expr> flexAttention(OnnxNode node) {
    Composer c = new Composer(node);
    Expr query = node.input(0);
    long group = c.size(query, 1) / c.size(node.input(1), 1);
    Expr key = c.repeat(node.input(1), group, 1);
    Expr value = c.repeat(node.input(2), group, 1);
    float scale = (float) node.real("scale", 1 / Math.sqrt(c.size(query, 3)));
    Expr factor = c.scalar(query, (float) Math.sqrt(scale));
    Expr scores = c.matmul(c.multiply(query, factor), c.transposeLast(c.multiply(key, factor)));
    DType precision =
        node.dtype("softmax_precision")
            .orElse(c.dtype(query).equals(DType.F64) ? DType.F64 : DType.F32);
    scores = c.cast(scores, precision);
    if (node.hasAttribute("score_mod")) {
      scores = node.inline("score_mod", List.of(scores)).getFirst();
    }
    Expr weights = c.softmax(scores, -1);
    if (node.hasAttribute("prob_mod")) {
      weights = node.inline("prob_mod", List.of(weights)).getFirst();
    }
    return List.of(c.castLike(c.matmul(weights, c.cast(value, precision)), query));
  }

  /** A value of one number for each element of a list. */
  static Expr vector(OnnxNode node, DType dtype, double... numbers) {
    NDArray array = NDArray.allocate(TensorType.of(dtype, numbers.length));
    for (int i = 0; i < numbers.length; i++) {
      array.setDouble(i, numbers[i]);
    }
    return node.value(array);
  }
}
