package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** TfIdfVectorizer over integers: how often each sequence of a pool occurs in each row. */
final class NgramCounts {

  private NgramCounts() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(9, "TfIdfVectorizer", NgramCounts::count)
            .limitedTo("integers, no strings"));
  }

  private static Expr count(OnnxNode node) {
    Composer c = new Composer(node);
    List<Long> pool =
        node.integers("pool_int64s")
            .orElseThrow(() -> node.fault("has a pool of strings, which is not supported"));
    List<Long> starts = node.integers("ngram_counts").orElse(List.of());
    List<Long> columns = node.integers("ngram_indexes").orElse(List.of());
    long least = node.requiredInteger("min_gram_length");
    long most = node.requiredInteger("max_gram_length");
    long skips = node.requiredInteger("max_skip_count");
    Expr x = c.cast(node.input(0), DType.I64);
    boolean single = c.rank(x) == 1;
    x = single ? c.expandDims(x, 0) : x;
    long width = columns.stream().mapToLong(column -> column + 1).max().orElse(0);
    Expr total = c.zeros(DType.F32, List.of(c.size(x, 0), width));
    int first = 0;
    for (int length = 1; length <= starts.size(); length++) {
      int begin = Math.toIntExact(starts.get(length - 1));
      int end = Math.toIntExact(length < starts.size() ? starts.get(length) : pool.size());
      int grams = (end - begin) / length;
      if (length >= least && length <= most && grams > 0) {
        List<Long> own = columns.subList(first, first + grams);
        // Skipping nothing between is possible in one way only where there is one element.
        for (long skip = 0; skip <= (length == 1 ? 0 : skips); skip++) {
          Expr found = occurrences(c, x, pool.subList(begin, end), length, grams, skip + 1);
          if (found != null) {
            total = c.add(total, c.matmul(found, columns(node, own, width)));
          }
        }
      }
      first += grams;
    }
    Expr weighted = weighted(node, c, total, columns, width);
    return single ? c.squeeze(weighted, 0) : weighted;
  }

  /** {@code [rows, grams]}: at how many positions each gram stands; null where none fits. */
  private static Expr occurrences(
      Composer c, Expr x, List<Long> pool, int length, int grams, long stride) {
    long positions = c.size(x, 1) - (length - 1) * stride;
    if (positions < 1) {
      return null;
    }
    Expr all = null;
    for (int i = 0; i < length; i++) {
      List<Long> wanted = new ArrayList<>();
      for (int gram = 0; gram < grams; gram++) {
        wanted.add(pool.get(gram * length + i));
      }
      Expr items = c.expandDims(c.slice(x, 1, i * stride, i * stride + positions), 2);
      Expr equal = c.node().call("equal", items, c.node().value(NDArray.ofLongs(wanted)));
      all = all == null ? equal : c.node().call("logical_and", all, equal);
    }
    return c.reduce("sum", c.cast(all, DType.F32), false, 1);
  }

  /** A matrix that puts each gram's count into its column. */
  private static Expr columns(OnnxNode node, List<Long> columns, long width) {
    NDArray matrix = NDArray.allocate(TensorType.of(DType.F32, columns.size(), width));
    for (int i = 0; i < columns.size(); i++) {
      matrix.setDouble(i * width + columns.get(i), 1);
    }
    return node.value(matrix);
  }

  private static Expr weighted(
      OnnxNode node, Composer c, Expr counts, List<Long> columns, long width) {
    double[] weights = new double[Math.toIntExact(width)];
    Arrays.fill(weights, 1);
    List<Float> given = node.reals("weights").orElse(List.of());
    for (int i = 0; i < given.size(); i++) {
      weights[Math.toIntExact(columns.get(i))] = given.get(i);
    }
    Expr factors = Attentions.vector(node, DType.F32, weights);
    Expr zero = node.value(DType.F32, 0);
    Expr present = c.cast(node.call("greater", counts, zero), DType.F32);
    return switch (node.text("mode", "TF")) {
      case "TF" -> counts;
      case "IDF" -> c.multiply(present, factors);
      case "TFIDF" -> c.multiply(counts, factors);
      case String other -> throw node.fault("has the mode '%s'".formatted(other));
    };
  }
}
