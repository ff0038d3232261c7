package org.jtvmc.schedule.lower;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;

/**
 * Small computations of every shape that a fused kernel may have. Sums and products stay so small
 * that {@code float32} holds them exactly, whatever the order.
 */
final class Workloads {

  private Workloads() {}

  static Map<String, ComputeDag> all() {
    Map<String, ComputeDag> all = new LinkedHashMap<>();
    all.put("matmul", matmul());
    all.put("dense", dense());
    all.put("batchMatmul", batchMatmul());
    all.put("convolution", convolution(1, 1, 1));
    all.put("stridedConvolution", convolution(2, 1, 1));
    all.put("dilatedConvolution", convolution(1, 2, 2));
    all.put("residualConvolutions", residualConvolutions());
    all.put("depthwise", depthwise());
    all.put("maxPool", maxPool());
    all.put("softmax", softmax());
    all.put("reshapeTranspose", reshapeTranspose());
    all.put("attentionScores", attentionScores());
    all.put("attention", attention());
    all.put("layerNorm", layerNorm());
    all.put("embeddingNorm", embeddingNorm());
    all.put("broadcast", broadcast());
    all.put("gather", gather());
    all.put("reverseConcat", reverseConcat());
    all.put("twoOutputs", twoOutputs());
    all.put("integerDot", integerDot());
    return all;
  }

  private static Tensor input(String name, long... shape) {
    return Tensor.placeholder(name, DType.F32, shape);
  }

  private static Tensor weight(String name, long... shape) {
    return Tensor.placeholder(name, DType.F32, true, Tensor.sizes(shape));
  }

  private static PrimExpr f32(long value) {
    return IntImm.of(DType.F32, value);
  }

  private static Tensor product(String name, Tensor a, Tensor b) {
    return Tensor.reduce(
        name,
        Reducer.SUM,
        List.of(a.dim(0), b.dim(1)),
        List.of(a.dim(1)),
        (i, r) -> a.at(i.get(0), r.get(0)).times(b.at(r.get(0), i.get(1))));
  }

  private static Tensor relu(String name, Tensor x) {
    return Tensor.compute(name, x.shape(), i -> x.at(i).max(f32(0)));
  }

  static ComputeDag matmul() {
    return ComputeDag.of(List.of(product("matmul", input("a", 13, 18), input("b", 18, 11))));
  }

  static ComputeDag dense() {
    return dense(12, 16, 20);
  }

  /** Rows, products and columns of a dense layer with its bias and a relu. */
  static ComputeDag dense(long rows, long products, long columns) {
    Tensor x = input("x", rows, products);
    Tensor w = weight("w", products, columns);
    Tensor bias = weight("bias", columns);
    Tensor dense = product("dense", x, w);
    Tensor added = Tensor.compute("added", dense.shape(), i -> dense.at(i).plus(bias.at(i.get(1))));
    return ComputeDag.of(List.of(x, w, bias), List.of(relu("relu", added)));
  }

  static ComputeDag batchMatmul() {
    Tensor a = input("a", 3, 6, 8);
    Tensor b = input("b", 3, 10, 8);
    Tensor c =
        Tensor.reduce(
            "batch",
            Reducer.SUM,
            Tensor.sizes(3, 6, 10),
            Tensor.sizes(8),
            (i, r) -> a.at(i.get(0), i.get(1), r.get(0)).times(b.at(i.get(0), i.get(2), r.get(0))));
    return ComputeDag.of(List.of(c));
  }

  private static Tensor pad(String name, Tensor x, long padding, long height, long width) {
    return Tensor.compute(
        name,
        List.of(x.dim(0), IntImm.of(height + 2 * padding), IntImm.of(width + 2 * padding)),
        i -> {
          PrimVar h = i.get(1);
          PrimVar w = i.get(2);
          PrimExpr inside =
              h.atLeast(padding)
                  .and(h.lessThan(height + padding))
                  .and(w.atLeast(padding))
                  .and(w.lessThan(width + padding));
          return Select.of(inside, x.at(i.get(0), h.minus(padding), w.minus(padding)), f32(0));
        });
  }

  private static Tensor conv(
      String name, Tensor padded, Tensor w, long stride, long dilation, long height, long width) {
    return Tensor.reduce(
        name,
        Reducer.SUM,
        List.of(w.dim(0), IntImm.of(height), IntImm.of(width)),
        List.of(w.dim(1), w.dim(2), w.dim(3)),
        (i, r) ->
            padded
                .at(
                    r.get(0),
                    i.get(1).times(stride).plus(r.get(1).times(dilation)),
                    i.get(2).times(stride).plus(r.get(2).times(dilation)))
                .times(w.at(i.get(0), r.get(0), r.get(1), r.get(2))));
  }

  static ComputeDag convolution(long stride, long dilation, long padding) {
    Tensor x = input("x", 4, 9, 10);
    Tensor w = weight("w", 6, 4, 3, 3);
    Tensor padded = pad("pad", x, padding, 9, 10);
    long height = (9 + 2 * padding - 2 * dilation - 1) / stride + 1;
    long width = (10 + 2 * padding - 2 * dilation - 1) / stride + 1;
    Tensor conv = conv("conv", padded, w, stride, dilation, height, width);
    return ComputeDag.of(List.of(x, w), List.of(relu("relu", conv)));
  }

  static ComputeDag residualConvolutions() {
    Tensor x = input("x", 3, 6, 7);
    Tensor first =
        relu("relu1", conv("conv1", pad("pad1", x, 1, 6, 7), weight("w1", 4, 3, 3, 3), 1, 1, 6, 7));
    Tensor second =
        conv("conv2", pad("pad2", first, 1, 6, 7), weight("w2", 4, 4, 3, 3), 1, 1, 6, 7);
    Tensor sum = Tensor.compute("sum", second.shape(), i -> second.at(i).plus(first.at(i)));
    return ComputeDag.of(List.of(relu("relu2", sum)));
  }

  static ComputeDag depthwise() {
    Tensor x = input("x", 5, 8, 8);
    Tensor w = weight("w", 5, 3, 3);
    Tensor padded = pad("pad", x, 1, 8, 8);
    Tensor conv =
        Tensor.reduce(
            "depthwise",
            Reducer.SUM,
            Tensor.sizes(5, 4, 4),
            Tensor.sizes(3, 3),
            (i, r) ->
                padded
                    .at(
                        i.get(0),
                        i.get(1).times(2).plus(r.get(0)),
                        i.get(2).times(2).plus(r.get(1)))
                    .times(w.at(i.get(0), r.get(0), r.get(1))));
    return ComputeDag.of(List.of(conv));
  }

  static ComputeDag maxPool() {
    Tensor x = input("x", 3, 9, 9);
    Tensor pool =
        Tensor.reduce(
            "pool",
            Reducer.MAX,
            Tensor.sizes(3, 5, 5),
            Tensor.sizes(3, 3),
            (i, r) -> {
              PrimExpr h = i.get(1).times(2).plus(r.get(0)).minus(1);
              PrimExpr w = i.get(2).times(2).plus(r.get(1)).minus(1);
              PrimExpr inside =
                  h.atLeast(0).and(h.lessThan(9)).and(w.atLeast(0)).and(w.lessThan(9));
              return Select.of(inside, x.at(i.get(0), h, w), Reducer.MAX.identity(DType.F32));
            });
    return ComputeDag.of(List.of(pool));
  }

  /** A softmax with the exponential left out, so that all numbers are integers. */
  static ComputeDag softmax() {
    Tensor x = input("x", 7, 12);
    Tensor max =
        Tensor.reduce(
            "max",
            Reducer.MAX,
            Tensor.sizes(7),
            Tensor.sizes(12),
            (i, r) -> x.at(i.get(0), r.get(0)));
    Tensor e = Tensor.compute("e", x.shape(), i -> x.at(i).minus(max.at(i.get(0))));
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(7),
            Tensor.sizes(12),
            (i, r) -> e.at(i.get(0), r.get(0)));
    Tensor out = Tensor.compute("out", x.shape(), i -> e.at(i).times(sum.at(i.get(0))));
    return ComputeDag.of(List.of(out));
  }

  static ComputeDag reshapeTranspose() {
    Tensor x = input("x", 6, 24);
    Tensor scaled = Tensor.compute("scaled", x.shape(), i -> x.at(i).times(f32(3)));
    Tensor heads =
        Tensor.compute(
            "heads",
            Tensor.sizes(6, 4, 6),
            i -> {
              PrimExpr flat = i.get(0).times(24).plus(i.get(1).times(6)).plus(i.get(2));
              return scaled.at(flat.floorDiv(24), flat.floorMod(24));
            });
    Tensor turned =
        Tensor.compute(
            "turned",
            Tensor.sizes(4, 6, 6),
            i -> heads.at(i.get(1), i.get(0), i.get(2)).plus(f32(1)));
    Tensor flat =
        Tensor.compute(
            "flat",
            Tensor.sizes(16, 9),
            i -> {
              PrimExpr at = i.get(0).times(9).plus(i.get(1));
              return turned.at(at.floorDiv(36), at.floorDiv(6).floorMod(6), at.floorMod(6));
            });
    return ComputeDag.of(List.of(flat));
  }

  static ComputeDag attentionScores() {
    Tensor x = input("x", 8, 12);
    Tensor w = weight("w", 12, 12);
    Tensor q = product("q", x, w);
    Tensor heads =
        Tensor.compute(
            "heads", Tensor.sizes(3, 8, 4), i -> q.at(i.get(1), i.get(0).times(4).plus(i.get(2))));
    Tensor scores =
        Tensor.reduce(
            "scores",
            Reducer.SUM,
            Tensor.sizes(3, 8, 8),
            Tensor.sizes(4),
            (i, r) ->
                heads
                    .at(i.get(0), i.get(1), r.get(0))
                    .times(x.at(i.get(2), i.get(0).times(4).plus(r.get(0)))));
    return ComputeDag.of(List.of(scores));
  }

  /** Masked attention of three heads, without the exponential; the result lies head by row. */
  static ComputeDag attention() {
    Tensor q = input("q", 3, 7, 4);
    Tensor k = input("k", 3, 4, 9);
    Tensor mask = input("mask", 9);
    Tensor v = input("v", 3, 9, 5);
    Tensor scores =
        Tensor.reduce(
            "scores",
            Reducer.SUM,
            Tensor.sizes(3, 7, 9),
            Tensor.sizes(4),
            (i, r) -> q.at(i.get(0), i.get(1), r.get(0)).times(k.at(i.get(0), r.get(0), i.get(2))));
    Tensor masked =
        Tensor.compute("masked", scores.shape(), i -> scores.at(i).plus(mask.at(i.get(2))));
    Tensor max =
        Tensor.reduce(
            "max",
            Reducer.MAX,
            Tensor.sizes(3, 7),
            Tensor.sizes(9),
            (i, r) -> masked.at(i.get(0), i.get(1), r.get(0)));
    Tensor e =
        Tensor.compute("e", scores.shape(), i -> masked.at(i).minus(max.at(i.get(0), i.get(1))));
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(3, 7),
            Tensor.sizes(9),
            (i, r) -> e.at(i.get(0), i.get(1), r.get(0)));
    Tensor weights =
        Tensor.compute("weights", scores.shape(), i -> e.at(i).times(sum.at(i.get(0), i.get(1))));
    Tensor mixed =
        Tensor.reduce(
            "mixed",
            Reducer.SUM,
            Tensor.sizes(3, 7, 5),
            Tensor.sizes(9),
            (i, r) ->
                weights.at(i.get(0), i.get(1), r.get(0)).times(v.at(i.get(0), r.get(0), i.get(2))));
    return ComputeDag.of(
        List.of(
            Tensor.compute(
                "out", Tensor.sizes(7, 3, 5), i -> mixed.at(i.get(1), i.get(0), i.get(2)))));
  }

  static ComputeDag layerNorm() {
    Tensor x = input("x", 5, 16);
    Tensor gamma = weight("gamma", 16);
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(5),
            Tensor.sizes(16),
            (i, r) -> x.at(i.get(0), r.get(0)));
    Tensor centred =
        Tensor.compute("centred", x.shape(), i -> x.at(i).times(f32(16)).minus(sum.at(i.get(0))));
    Tensor norm =
        Tensor.reduce(
            "norm",
            Reducer.MAX,
            Tensor.sizes(5),
            Tensor.sizes(16),
            (i, r) -> centred.at(i.get(0), r.get(0)));
    Tensor out =
        Tensor.compute(
            "out",
            x.shape(),
            i -> centred.at(i).plus(norm.at(i.get(0))).times(gamma.at(i.get(1))).plus(x.at(i)));
    return ComputeDag.of(List.of(out));
  }

  static ComputeDag broadcast() {
    Tensor a = input("a", 5, 1, 6);
    Tensor b = input("b", 4, 1);
    Tensor c =
        Tensor.compute(
            "c",
            Tensor.sizes(5, 4, 6),
            i -> a.at(i.get(0), IntImm.of(0), i.get(2)).plus(b.at(i.get(1), IntImm.of(0))));
    return ComputeDag.of(List.of(relu("d", c)));
  }

  static ComputeDag gather() {
    Tensor table = weight("table", 9, 8);
    Tensor ids = Tensor.placeholder("ids", DType.I64, 7);
    Tensor doubled = Tensor.compute("doubled", table.shape(), i -> table.at(i).times(f32(2)));
    Tensor rows =
        Tensor.compute(
            "rows",
            Tensor.sizes(7, 8),
            i -> doubled.at(ids.at(i.get(0)).max(IntImm.of(0)).min(IntImm.of(8)), i.get(1)));
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(8),
            Tensor.sizes(7),
            (i, r) -> rows.at(r.get(0), i.get(0)));
    return ComputeDag.of(List.of(sum));
  }

  static ComputeDag reverseConcat() {
    Tensor a = input("a", 7, 5);
    Tensor b = input("b", 7, 3);
    Tensor twice = Tensor.compute("twice", a.shape(), i -> a.at(i).times(f32(2)));
    Tensor joined =
        Tensor.compute(
            "joined",
            Tensor.sizes(7, 8),
            i ->
                Select.of(
                    i.get(1).lessThan(5),
                    twice.at(IntImm.of(6).minus(i.get(0)), i.get(1)),
                    b.at(i.get(0), i.get(1).minus(5))));
    return ComputeDag.of(List.of(relu("out", joined)));
  }

  static ComputeDag twoOutputs() {
    Tensor a = input("a", 8, 10);
    Tensor b = input("b", 10, 9);
    Tensor c = product("c", a, b);
    Tensor d = relu("d", c);
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(8),
            Tensor.sizes(9),
            (i, r) -> d.at(i.get(0), r.get(0)));
    return ComputeDag.of(List.of(d, sum));
  }

  static ComputeDag integerDot() {
    Tensor a = Tensor.placeholder("a", DType.U8, 6, 16);
    Tensor b = Tensor.placeholder("b", DType.I8, true, Tensor.sizes(10, 16));
    Tensor dot =
        Tensor.reduce(
            "dot",
            Reducer.SUM,
            Tensor.sizes(6, 10),
            Tensor.sizes(16),
            (i, r) ->
                a.at(i.get(0), r.get(0))
                    .cast(DType.I32)
                    .times(b.at(i.get(1), r.get(0)).cast(DType.I32)));
    return ComputeDag.of(List.of(dot));
  }

  /**
   * Rows of a batch, to each of which the same is added, less their sums; then those of squares.
   */
  static ComputeDag embeddingNorm() {
    Tensor words = input("words", 4, 16, 64);
    Tensor places = weight("places", 16, 64);
    Tensor x =
        Tensor.compute("x", words.shape(), i -> words.at(i).plus(places.at(i.get(1), i.get(2))));
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(4, 16),
            Tensor.sizes(64),
            (i, r) -> x.at(i.get(0), i.get(1), r.get(0)));
    Tensor squares =
        Tensor.reduce(
            "squares",
            Reducer.SUM,
            Tensor.sizes(4, 16),
            Tensor.sizes(64),
            (i, r) -> {
              PrimExpr one = x.at(i.get(0), i.get(1), r.get(0)).minus(sum.at(i.get(0), i.get(1)));
              return one.times(one);
            });
    return ComputeDag.of(
        List.of(
            Tensor.compute(
                "out",
                x.shape(),
                i ->
                    x.at(i)
                        .minus(sum.at(i.get(0), i.get(1)))
                        .plus(squares.at(i.get(0), i.get(1))))));
  }

  /** A product of narrow numbers by weights, with a bias; it fills whole vectors. */
  static ComputeDag narrowDense(DType left, DType right, DType sum) {
    Tensor x = Tensor.placeholder("x", left, 5, 12);
    Tensor w = Tensor.placeholder("w", right, true, Tensor.sizes(12, 32));
    Tensor bias = Tensor.placeholder("bias", sum, true, Tensor.sizes(32));
    Tensor dense =
        Tensor.reduce(
            "dense",
            Reducer.SUM,
            Tensor.sizes(5, 32),
            Tensor.sizes(12),
            (i, r) -> x.at(i.get(0), r.get(0)).cast(sum).times(w.at(r.get(0), i.get(1)).cast(sum)));
    return ComputeDag.of(
        List.of(Tensor.compute("out", dense.shape(), i -> dense.at(i).plus(bias.at(i.get(1))))));
  }
}
