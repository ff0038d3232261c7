package org.jtvmc.tests.kernels;

import java.text.MessageFormat;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;

/** What networks compute, in sizes that divide by nothing. */
final class Computations {
  private Computations() {}

  static Map<String, ComputeDag> all() {
    Map<String, ComputeDag> all = new LinkedHashMap<>();
    all.put("dense with gelu", dense(37, 29, 83));
    all.put("one row", dense(1, 64, 100));
    all.put("scores", scores(3, 19, 13, 21));
    all.put("product whose panels threads copy", product(353, 530, 5));
    all.put("convolution", convolution(7, 15, 19, 3, 1));
    all.put("strided convolution", convolution(3, 21, 10, 5, 2));
    all.put("convolution by strategies", strategies("(2, 13, 10, 24)", "(2, 13, 10, 19)", 3));
    all.put("small convolution by strategies", strategies("(1, 5, 6, 24)", "(1, 5, 6, 19)", 3));
    all.put("large convolution by strategies", strategies("(1, 21, 9, 18)", "(1, 21, 9, 19)", 7));
    all.put("strided convolution of a batch", stridedBatch());
    all.put("largest of windows", pooling("max_pool", "(2, 5, 23, 39)", "(2, 5, 12, 20)", 3));
    all.put("largest of a row of tiles", pooling("max_pool", "(1, 3, 9, 150)", "(1, 3, 5, 75)", 5));
    all.put("mean of windows", pooling("avg_pool", "(1, 4, 17, 21)", "(1, 4, 9, 11)", 5));
    all.put("depthwise", depthwise(11, 17, 3));
    all.put("depthwise, channels last", depthwiseChannelsLast(6, 10, 24));
    all.put("mean of places", meanOfPlaces(150, 40));
    all.put("sum of all", sumOfAll(7, 130, 41));
    all.put("softmax", softmax(9, 45));
    all.put("attention", attention(3, 29, 20, 37));
    all.put("layer norm", layerNorm(7, 53));
    all.put("transpose", transpose(5, 14, 33));
    all.put("transpose by tiles", transpose(3, 37, 70));
    return all;
  }

  /** Of two results, the right one with its rows more than 2048 bytes apart. */
  private static ComputeDag product(long rows, long columns, long inner) {
    String text =
        "def @main(%a: Tensor[({0}, {2}), float32], %b: Tensor[({2}, {1}), float32])"
            + " -> Tensor[({0}, {1}), float32] '{' nn.matmul(%a, %b) '}'";
    var module =
        ModuleText.parse(
            MessageFormat.format(text, rows, columns, inner), OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), _ -> false);
  }

  /** A function of the graph, whose convolution has several algorithms. */
  private static ComputeDag strategies(String data, String result, int window) {
    String text =
        """
        def @main(%x: Tensor[DATA, float32], %w: Tensor[WEIGHT, float32],
                  %b: Tensor[(19), float32]) -> Tensor[RESULT, float32] {
          %0 = nn.conv2d(%x, %w, data_layout="NHWC", padding=PADDING);
          %1 = nn.bias_add(%0, %b, axis=3);
          nn.relu(%1)
        }
        """;
    String channels = data.substring(data.lastIndexOf(' ') + 1, data.length() - 1);
    String weight = "(19, %s, %d, %d)".formatted(channels, window, window);
    var module =
        ModuleText.parse(
            text.replace("DATA", data)
                .replace("RESULT", result)
                .replace("WEIGHT", weight)
                .replace("PADDING", Collections.nCopies(4, window / 2).toString()),
            OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), parameter -> parameter > 0);
  }

  /** Every second window, which has several algorithms. */
  private static ComputeDag pooling(String operator, String data, String result, int window) {
    String text =
        """
        def @main(%x: Tensor[DATA, float32]) -> Tensor[RESULT, float32] {
          nn.OPERATOR(%x, pool_size=[WINDOW, WINDOW], strides=[2, 2], padding=PADDING)
        }
        """;
    var module =
        ModuleText.parse(
            text.replace("DATA", data)
                .replace("RESULT", result)
                .replace("OPERATOR", operator)
                .replace("WINDOW", Integer.toString(window))
                .replace("PADDING", Collections.nCopies(4, window / 2).toString()),
            OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), _ -> false);
  }

  /** Neighbours of a thread lie two apart, and a block has one image of the batch. */
  private static ComputeDag stridedBatch() {
    var module =
        ModuleText.parse(
            """
            def @main(%x: Tensor[(8, 56, 56, 32), float32], %w: Tensor[(64, 32, 1, 1), float32])
                -> Tensor[(8, 28, 28, 64), float32] {
              %0 = nn.conv2d(%x, %w, data_layout="NHWC", strides=[2, 2]);
              nn.relu(%0)
            }
            """,
            OperatorRegistry.standard()::find);
    return FunctionLowering.lower(module.main(), parameter -> parameter > 0);
  }

  private static Tensor input(String name, long... shape) {
    return Tensor.placeholder(name, DType.F32, shape);
  }

  private static Tensor weight(String name, long... shape) {
    return Tensor.placeholder(name, DType.F32, true, Tensor.sizes(shape));
  }

  private static PrimExpr f32(double value) {
    return FloatImm.f32(value);
  }

  private static ComputeDag dense(long rows, long depth, long columns) {
    Tensor x = input("x", rows, depth);
    Tensor w = weight("w", depth, columns);
    Tensor b = weight("b", columns);
    Tensor product =
        Tensor.reduce(
            "dense",
            Reducer.SUM,
            Tensor.sizes(rows, columns),
            Tensor.sizes(depth),
            (i, r) -> x.at(i.get(0), r.get(0)).times(w.at(r.get(0), i.get(1))));
    Tensor gelu =
        Tensor.compute(
            "gelu",
            product.shape(),
            i -> {
              PrimExpr v = product.at(i).plus(b.at(i.get(1)));
              PrimExpr erf = Intrinsic.of(IntrinsicOp.ERF, v.times(f32(0.70710678)));
              return v.times(f32(0.5)).times(erf.plus(f32(1)));
            });
    return ComputeDag.of(List.of(x, w, b), List.of(gelu));
  }

  private static ComputeDag scores(long heads, long rows, long depth, long columns) {
    Tensor q = input("q", heads, rows, depth);
    Tensor k = input("k", heads, columns, depth);
    return ComputeDag.of(
        List.of(
            Tensor.reduce(
                "scores",
                Reducer.SUM,
                Tensor.sizes(heads, rows, columns),
                Tensor.sizes(depth),
                (i, r) ->
                    q.at(i.get(0), i.get(1), r.get(0)).times(k.at(i.get(0), i.get(2), r.get(0))))));
  }

  private static Tensor padded(Tensor x, long channels, long size, long padding) {
    return Tensor.compute(
        "pad",
        Tensor.sizes(channels, size + 2 * padding, size + 2 * padding),
        i -> {
          PrimExpr h = i.get(1);
          PrimExpr w = i.get(2);
          PrimExpr inside =
              h.atLeast(padding)
                  .and(h.lessThan(size + padding))
                  .and(w.atLeast(padding))
                  .and(w.lessThan(size + padding));
          return Select.of(inside, x.at(i.get(0), h.minus(padding), w.minus(padding)), f32(0));
        });
  }

  private static ComputeDag convolution(
      long channels, long size, long filters, long window, long stride) {
    long padding = window / 2;
    long out = (size + 2 * padding - window) / stride + 1;
    Tensor x = input("x", channels, size, size);
    Tensor w = weight("w", filters, channels, window, window);
    Tensor pad = padded(x, channels, size, padding);
    Tensor convolution =
        Tensor.reduce(
            "conv",
            Reducer.SUM,
            Tensor.sizes(filters, out, out),
            Tensor.sizes(channels, window, window),
            (i, r) ->
                pad.at(
                        r.get(0),
                        i.get(1).times(stride).plus(r.get(1)),
                        i.get(2).times(stride).plus(r.get(2)))
                    .times(w.at(i.get(0), r.get(0), r.get(1), r.get(2))));
    return ComputeDag.of(
        List.of(Tensor.compute("relu", convolution.shape(), i -> convolution.at(i).max(f32(0)))));
  }

  private static ComputeDag depthwise(long channels, long size, long window) {
    Tensor x = input("x", channels, size, size);
    Tensor w = weight("w", channels, window, window);
    Tensor pad = padded(x, channels, size, window / 2);
    Tensor convolution =
        Tensor.reduce(
            "depthwise",
            Reducer.SUM,
            Tensor.sizes(channels, size, size),
            Tensor.sizes(window, window),
            (i, r) ->
                pad.at(i.get(0), i.get(1).plus(r.get(0)), i.get(2).plus(r.get(1)))
                    .times(w.at(i.get(0), r.get(0), r.get(1))));
    return ComputeDag.of(List.of(convolution));
  }

  /** With a stride of two and weights that lie filter by filter. */
  private static ComputeDag depthwiseChannelsLast(long rows, long columns, long channels) {
    Tensor x = input("x", 2 * rows, 2 * columns, channels);
    Tensor w = weight("w", channels, 3, 3);
    Tensor pad =
        Tensor.compute(
            "pad",
            Tensor.sizes(2 * rows + 2, 2 * columns + 2, channels),
            i -> {
              PrimExpr h = i.get(0);
              PrimExpr v = i.get(1);
              PrimExpr inside =
                  h.atLeast(1)
                      .and(h.lessThan(2 * rows + 1))
                      .and(v.atLeast(1))
                      .and(v.lessThan(2 * columns + 1));
              return Select.of(inside, x.at(h.minus(1), v.minus(1), i.get(2)), f32(0));
            });
    Tensor convolution =
        Tensor.reduce(
            "depthwise",
            Reducer.SUM,
            Tensor.sizes(rows, columns, channels),
            Tensor.sizes(3, 3),
            (i, r) ->
                pad.at(i.get(0).times(2).plus(r.get(0)), i.get(1).times(2).plus(r.get(1)), i.get(2))
                    .times(w.at(i.get(2), r.get(0), r.get(1))));
    return ComputeDag.of(
        List.of(Tensor.compute("relu", convolution.shape(), i -> convolution.at(i).max(f32(0)))));
  }

  /** A global pooling with channels last. */
  private static ComputeDag meanOfPlaces(long places, long channels) {
    Tensor x = input("x", places, channels);
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(channels),
            Tensor.sizes(places),
            (i, r) -> x.at(r.get(0), i.get(0)));
    return ComputeDag.of(
        List.of(Tensor.compute("mean", sum.shape(), i -> sum.at(i).times(f32(1.0 / places)))));
  }

  private static ComputeDag sumOfAll(long a, long b, long c) {
    Tensor x = input("x", a, b, c);
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(),
            Tensor.sizes(a, b, c),
            (i, r) -> x.at(r.get(0), r.get(1), r.get(2)));
    return ComputeDag.of(List.of(sum));
  }

  private static ComputeDag softmax(long rows, long columns) {
    Tensor x = input("x", rows, columns);
    Tensor most =
        Tensor.reduce(
            "most",
            Reducer.MAX,
            Tensor.sizes(rows),
            Tensor.sizes(columns),
            (i, r) -> x.at(i.get(0), r.get(0)));
    Tensor exp =
        Tensor.compute(
            "exp", x.shape(), i -> Intrinsic.of(IntrinsicOp.EXP, x.at(i).minus(most.at(i.get(0)))));
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(rows),
            Tensor.sizes(columns),
            (i, r) -> exp.at(i.get(0), r.get(0)));
    return ComputeDag.of(
        List.of(Tensor.compute("softmax", x.shape(), i -> exp.at(i).dividedBy(sum.at(i.get(0))))));
  }

  /** Scores, their softmax and its product with the values, with heads innermost but one. */
  private static ComputeDag attention(long heads, long rows, long depth, long keys) {
    Tensor q = input("q", heads, rows, depth);
    Tensor k = input("k", heads, depth, keys);
    Tensor v = input("v", heads, keys, depth);
    Tensor scores =
        Tensor.reduce(
            "scores",
            Reducer.SUM,
            Tensor.sizes(heads, rows, keys),
            Tensor.sizes(depth),
            (i, r) -> q.at(i.get(0), i.get(1), r.get(0)).times(k.at(i.get(0), r.get(0), i.get(2))));
    Tensor most =
        Tensor.reduce(
            "most",
            Reducer.MAX,
            Tensor.sizes(heads, rows),
            Tensor.sizes(keys),
            (i, r) -> scores.at(i.get(0), i.get(1), r.get(0)));
    Tensor exp =
        Tensor.compute(
            "exp",
            scores.shape(),
            i -> Intrinsic.of(IntrinsicOp.EXP, scores.at(i).minus(most.at(i.get(0), i.get(1)))));
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(heads, rows),
            Tensor.sizes(keys),
            (i, r) -> exp.at(i.get(0), i.get(1), r.get(0)));
    Tensor softmax =
        Tensor.compute(
            "softmax", scores.shape(), i -> exp.at(i).dividedBy(sum.at(i.get(0), i.get(1))));
    Tensor mixed =
        Tensor.reduce(
            "mixed",
            Reducer.SUM,
            Tensor.sizes(heads, rows, depth),
            Tensor.sizes(keys),
            (i, r) ->
                softmax.at(i.get(0), i.get(1), r.get(0)).times(v.at(i.get(0), r.get(0), i.get(2))));
    return ComputeDag.of(
        List.of(
            Tensor.compute(
                "out",
                Tensor.sizes(rows, heads, depth),
                i -> mixed.at(i.get(1), i.get(0), i.get(2)))));
  }

  static ComputeDag layerNorm(long rows, long columns) {
    Tensor x = input("x", rows, columns);
    Tensor gain = weight("gain", columns);
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            Tensor.sizes(rows),
            Tensor.sizes(columns),
            (i, r) -> x.at(i.get(0), r.get(0)));
    Tensor centred =
        Tensor.compute(
            "centred", x.shape(), i -> x.at(i).minus(sum.at(i.get(0)).times(f32(1.0 / columns))));
    Tensor squares =
        Tensor.reduce(
            "squares",
            Reducer.SUM,
            Tensor.sizes(rows),
            Tensor.sizes(columns),
            (i, r) -> centred.at(i.get(0), r.get(0)).times(centred.at(i.get(0), r.get(0))));
    Tensor norm =
        Tensor.compute(
            "norm",
            x.shape(),
            i -> {
              PrimExpr variance = squares.at(i.get(0)).times(f32(1.0 / columns));
              PrimExpr scale = Intrinsic.of(IntrinsicOp.RSQRT, variance.plus(f32(1e-5)));
              return centred.at(i).times(scale).times(gain.at(i.get(1)));
            });
    return ComputeDag.of(List.of(norm));
  }

  private static ComputeDag transpose(long a, long b, long c) {
    Tensor x = input("x", a, b, c);
    return ComputeDag.of(
        List.of(
            Tensor.compute(
                "transposed",
                Tensor.sizes(c, a, b),
                i -> x.at(i.get(1), i.get(2), i.get(0)).times(f32(2)))));
  }
}
