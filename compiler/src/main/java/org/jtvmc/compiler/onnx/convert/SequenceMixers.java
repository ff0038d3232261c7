package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/** What language models use beside attention: rotary positions, gates, states, caches. */
final class SequenceMixers {

  private SequenceMixers() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(23, "RotaryEmbedding", SequenceMixers::rotary),
        new Conversion("", "LinearAttention", 27, SequenceMixers::linearAttention),
        new Conversion("", "CausalConvWithState", 27, SequenceMixers::causalConvolution),
        Conversion.from(28, "SwiGLU", SequenceMixers::swiGlu),
        Conversion.from(24, "TensorScatter", SequenceMixers::tensorScatter));
  }

  /** Rotates pairs of elements by an angle that grows with the position. */
  private static Expr rotary(OnnxNode node) {
    Composer c = new Composer(node);
    boolean packed = node.rank(0) == 3;
    // [batch, heads, length, size]
    Expr x = Attentions.heads(c, node.input(0), node.integer("num_heads", 0));
    long size = c.size(x, 3);
    long rotated = node.integer("rotary_embedding_dim", 0);
    rotated = rotated == 0 ? size : rotated;
    long half = rotated / 2;
    Expr cos = angles(node, c, node.input(1));
    Expr sin = angles(node, c, node.input(2));
    boolean interleaved = node.flag("interleaved", false);
    Expr first = interleaved ? c.slice(x, 3, 0, rotated, 2) : c.slice(x, 3, 0, half);
    Expr second = interleaved ? c.slice(x, 3, 1, rotated, 2) : c.slice(x, 3, half, rotated);
    Expr real = c.subtract(c.multiply(cos, first), c.multiply(sin, second));
    Expr imaginary = c.add(c.multiply(sin, first), c.multiply(cos, second));
    Expr turned = c.concat(3, real, imaginary);
    if (interleaved) {
      Expr pairs = c.concat(4, c.expandDims(real, 4), c.expandDims(imaginary, 4));
      turned = c.reshape(pairs, c.size(x, 0), c.size(x, 1), c.size(x, 2), rotated);
    }
    Expr result = rotated == size ? turned : c.concat(3, turned, c.slice(x, 3, rotated, size));
    return packed ? Attentions.pack(c, result) : result;
  }

  /** {@code [batch, 1, length, half]}. */
  private static Expr angles(OnnxNode node, Composer c, Expr cache) {
    return c.expandDims(node.has(3) ? c.take(cache, node.input(3), 0) : cache, 1);
  }

  /**
   * A state per head that each token decays, corrects and adds to: one step after the other, in
   * float32.
   */
  private static List<Expr> linearAttention(OnnxNode node) {
    Composer c = new Composer(node);
    long queryHeads = node.requiredInteger("q_num_heads");
    long heads = node.requiredInteger("kv_num_heads");
    String rule = node.text("update_rule", "gated_delta");
    boolean gated = rule.equals("gated") || rule.equals("gated_delta");
    boolean corrected = rule.equals("delta") || rule.equals("gated_delta");
    if (!gated && !corrected && !rule.equals("linear")) {
      throw node.fault("has the update rule '%s', which is not known".formatted(rule));
    }
    Expr query = c.cast(Attentions.heads(c, node.input(0), queryHeads), DType.F32);
    Expr key = c.cast(Attentions.heads(c, node.input(1), heads), DType.F32);
    Expr value = c.cast(Attentions.heads(c, node.input(2), heads), DType.F32);
    long batch = c.size(query, 0);
    long length = c.size(query, 2);
    long keySize = c.size(key, 3);
    long valueSize = c.size(value, 3);
    double given = node.real("scale", 0);
    double scale = given == 0 ? 1 / Math.sqrt(keySize) : given;
    Optional<Expr> decay = Optional.empty();
    if (gated) {
      long last = c.size(node.input(4), 2);
      Expr split = Attentions.heads(c, node.input(4), last == heads ? last : heads);
      decay = Optional.of(c.unary("exp", c.cast(split, DType.F32)));
    }
    Expr state =
        node.has(3)
            ? c.cast(node.input(3), DType.F32)
            : c.zeros(DType.F32, List.of(batch, heads, keySize, valueSize));
    List<Expr> results = new ArrayList<>();
    for (long t = 0; t < length; t++) {
      // Columns [batch, heads, size, 1] and rows [batch, heads, 1, size].
      Expr keyColumn = c.transposeLast(c.slice(key, 2, t, t + 1));
      Expr row = c.slice(value, 2, t, t + 1);
      if (decay.isPresent()) {
        state = c.multiply(state, c.transposeLast(c.slice(decay.get(), 2, t, t + 1)));
      }
      if (corrected) {
        Expr rate = c.cast(c.slice(beta(c, node.input(5)), 2, t, t + 1), DType.F32);
        Expr retrieved = c.matmul(c.slice(key, 2, t, t + 1), state);
        row = c.multiply(rate, c.subtract(row, retrieved));
      }
      state = c.add(state, c.multiply(keyColumn, row));
      Expr read = c.repeat(state, queryHeads / heads, 1);
      results.add(c.multiply(c.matmul(c.slice(query, 2, t, t + 1), read), scale));
    }
    Expr output = c.castLike(Attentions.pack(c, c.concat(2, results)), node.input(0));
    Expr present = c.castLike(state, node.has(3) ? node.input(3) : node.input(0));
    return List.of(output, present);
  }

  /** {@code [batch, length, heads]} as {@code [batch, heads, length, 1]}. */
  private static Expr beta(Composer c, Expr rates) {
    return c.expandDims(c.transpose(rates, 0, 2, 1), 3);
  }

  private static List<Expr> causalConvolution(OnnxNode node) {
    Composer c = new Composer(node);
    Expr x = node.input(0);
    Expr weight = node.input(1);
    long channels = c.size(x, 1);
    long past = c.size(weight, 2) - 1;
    Expr padded =
        past == 0
            ? x
            : node.has(3)
                ? c.concat(2, node.input(3), x)
                : c.pad(x, List.of(0L, 0L, past), List.of(0L, 0L, 0L), 0);
    Expr result =
        node.call("nn.conv1d", Attributes.builder().put("groups", channels), padded, weight);
    if (node.has(2)) {
      result = node.call("nn.bias_add", Attributes.builder().put("axis", 1), result, node.input(2));
    }
    if (!node.text("activation", "none").equals("none")) {
      result = c.castLike(c.unary("nn.silu", c.cast(result, DType.F32)), x);
    }
    long length = c.size(padded, 2);
    return List.of(result, c.slice(padded, 2, length - past, length));
  }

  private static Expr swiGlu(OnnxNode node) {
    Composer c = new Composer(node);
    Expr gate = node.input(0);
    Expr sigmoid = c.unary("sigmoid", c.multiply(gate, node.real("alpha", 1)));
    return c.multiply(c.multiply(gate, sigmoid), node.input(1));
  }

  /** Each element of the cache is an update, or what it was: no order of writes matters. */
  private static Expr tensorScatter(OnnxNode node) {
    Composer c = new Composer(node);
    Expr cache = node.input(0);
    int axis = node.axis(node.integer("axis", -2), c.rank(cache));
    Expr update = c.moveAxis(node.input(1), axis, 1);
    Expr moved = c.moveAxis(cache, axis, 1);
    long size = c.size(moved, 1);
    long length = c.size(update, 1);
    Expr positions = c.expandDims(c.range(DType.I64, size), 0);
    Expr offsets =
        node.has(2)
            ? c.subtract(positions, c.expandDims(c.cast(node.input(2), DType.I64), 1))
            : c.broadcastTo(positions, List.of(c.size(cache, 0), size));
    if (node.text("mode", "linear").equals("circular")) {
      offsets = node.call("mod", offsets, node.value(DType.I64, size));
    }
    Expr written =
        node.call(
            "logical_and",
            node.call("greater_equal", offsets, node.value(DType.I64, 0)),
            node.call("less", offsets, node.value(DType.I64, length)));
    Expr from = c.where(written, offsets, node.value(DType.I64, 0));
    Expr indices = c.expandDims(from, 2);
    Expr picked =
        node.call("gather_nd", Attributes.builder().put("batch_dims", 1), update, indices);
    Expr mask = VariadicElementwise.appendOnes(node, written, c.rank(cache) - 2);
    return c.moveAxis(c.where(mask, picked, moved), 1, axis);
  }
}
