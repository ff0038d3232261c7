package org.jtvmc.tuner.feature;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.Test;

/** All features of small kernels, worked out by hand; a column that is not named is zero. */
class FeatureExtractorTest {
  private final PrimVar i = PrimVar.index("i");
  private final PrimVar j = PrimVar.index("j");
  private final PrimVar k = PrimVar.index("k");

  private static Buffer buffer(String name, Scope scope, long... shape) {
    return Buffer.dense(name, DType.F32, Tensor.sizes(shape), scope);
  }

  private static Stmt loop(PrimVar var, long extent, ForKind kind, Stmt body) {
    return new Stmt.For(var, IntImm.of(0), IntImm.of(extent), kind, body);
  }

  private static PrimFunc function(List<Buffer> inputs, Buffer output, Stmt body) {
    return new PrimFunc("f", inputs, List.of(output), body);
  }

  /** {@code b[i, j] = a[i, j] + 1} over 4 x 16, the rows in parallel, the columns vectorised. */
  @Test
  void anElementwiseKernel() {
    Buffer a = buffer("a", Scope.GLOBAL, 4, 16);
    Buffer b = buffer("b", Scope.GLOBAL, 4, 16);
    PrimExpr value = new Load(a, List.of(i, j)).plus(FloatImm.f32(1));
    Stmt body =
        loop(
            i,
            4,
            ForKind.PARALLEL,
            loop(j, 16, ForKind.VECTORIZED, new Stmt.Store(b, List.of(i, j), value)));

    Map<String, Double> expected = new LinkedHashMap<>();
    expected.put("operations.float_add", 64.0);
    expected.put("vector.number", 1.0);
    expected.put("vector.product", 16.0);
    expected.put("vector.length", 16.0);
    expected.put("vector.position.inner_spatial", 1.0);
    expected.put("unroll.position.none", 1.0);
    expected.put("parallel.number", 1.0);
    expected.put("parallel.product", 4.0);
    expected.put("parallel.length", 4.0);
    expected.put("parallel.position.outer_spatial", 1.0);
    noThreads(expected);
    buffer(expected, 0, "write", 256, 256, 4, 4, "none", 0, 0, 0, 1);
    buffer(expected, 1, "read", 256, 256, 4, 4, "none", 0, 0, 0, 1);
    for (int sample = 0; sample < 10; sample++) {
      // One addition for the 8 bytes that it reads and writes, at every level.
      expected.put("intensity." + sample, 1 / 8.0);
    }
    expected.put("allocation.bytes", 256.0);
    expected.put("allocation.outside", 1.0);
    expected.put("allocation.inside", 64.0);
    expected.put("allocation.product", 64.0);
    expected.put("iterations", 64.0);
    expected.put("loops", 2.0);
    expected.put("unrolled_statements", 1.0);
    check(expected, function(List.of(a), b, body), 0);
  }

  /**
   * A matrix product of 8 x 32 x 16 whose accumulator is initialised by a store of its own: both
   * stores have a row, the product counts as multiply-adds, and the loop that is unrolled is known
   * to be the spatial one around a reduction.
   */
  @Test
  void aMatrixProduct() {
    Buffer a = buffer("a", Scope.GLOBAL, 8, 32);
    Buffer b = buffer("b", Scope.GLOBAL, 32, 16);
    Buffer c = buffer("c", Scope.GLOBAL, 8, 16);
    PrimVar j0 = PrimVar.index("j0");
    Stmt init = loop(j0, 16, ForKind.SERIAL, new Stmt.Store(c, List.of(i, j0), FloatImm.f32(0)));
    PrimExpr sum =
        new Load(c, List.of(i, j))
            .plus(new Load(a, List.of(i, k)).times(new Load(b, List.of(k, j))));
    Stmt update =
        loop(
            k,
            32,
            ForKind.SERIAL,
            loop(j, 16, ForKind.UNROLLED, new Stmt.Store(c, List.of(i, j), sum)));
    PrimFunc f = function(List.of(a, b), c, loop(i, 8, ForKind.SERIAL, Stmt.seq(init, update)));

    Map<String, Double> expected = new LinkedHashMap<>();
    double all = 8 * 32 * 16;
    expected.put("operations.float_multiply_add", all);
    expected.put("vector.position.none", 1.0);
    expected.put("parallel.position.none", 1.0);
    expected.put("unroll.number", 1.0);
    expected.put("unroll.product", 16.0);
    expected.put("unroll.length", 16.0);
    expected.put("unroll.position.inner_spatial", 1.0);
    noThreads(expected);
    // c and b move a whole line every 16 steps, c more slowly over the whole nest; a only with k.
    double body = (16 + 1 + 16) * 4;
    buffer(expected, 0, "read_write", all * 4, 512, all / 16, 8, "loop", 16, body, 32, 1);
    buffer(
        expected, 1, "read", all * 4, 2048, all / 16, 32, "loop", 512, (32 + 512 + 16) * 4, 8, 1);
    buffer(expected, 2, "read", all * 4, 1024, all / 16 / 16, 16, "loop", 1, 12, 16, 1);
    expected.put("allocation.bytes", 512.0);
    expected.put("allocation.outside", 1.0);
    expected.put("allocation.inside", all);
    expected.put("allocation.product", all);
    expected.put("iterations", all);
    expected.put("loops", 3.0);
    expected.put("unrolled_statements", 16.0);
    curve(
        expected,
        new double[] {2, 2 * 16, 2 * 16 * 32, 2 * all},
        new double[] {12, 132, 64 + 128 + 2048, 512 + 1024 + 2048});
    check(expected, f, 1);

    ProgramFeatures features = new FeatureExtractor().extract(f);
    assertEquals(2, features.rows());
    assertEquals(0, features.at(0, column("operations.float_multiply_add")));
    assertEquals(FeatureRow.scale(128), features.at(0, column("iterations")), 1e-6);
  }

  /** A strided read touches a line for each element; loops that leave it alone do not count. */
  @Test
  void aTransposedReadTouchesALineForEachElement() {
    Buffer a = buffer("a", Scope.GLOBAL, 64, 64);
    Buffer b = buffer("b", Scope.LOCAL, 64, 64);
    Stmt store = new Stmt.Store(b, List.of(i, j), new Load(a, List.of(j, i)));
    Stmt nest =
        loop(i, 64, ForKind.SERIAL, loop(j, 64, ForKind.SERIAL, loop(k, 4, ForKind.SERIAL, store)));
    PrimFunc f = function(List.of(a), buffer("out", Scope.GLOBAL, 1), new Stmt.Allocate(b, nest));
    ProgramFeatures features = new FeatureExtractor().extract(f);
    assertEquals(FeatureRow.scale(64), features.at(0, column("buffer0.stride")), 1e-6);
    assertEquals(FeatureRow.scale(4096), features.at(0, column("buffer0.lines")), 1e-5);
    assertEquals(FeatureRow.scale(256), features.at(0, column("buffer1.lines")), 1e-5);
    assertEquals(FeatureRow.scale(4), features.at(0, column("buffer0.reuse.count")), 1e-6);
  }

  private static void noThreads(Map<String, Double> expected) {
    for (String tag :
        List.of("block_x", "block_y", "block_z", "thread_x", "thread_y", "thread_z")) {
      expected.put("threads." + tag, 1.0);
    }
    expected.put("threads.virtual", 1.0);
  }

  private static void buffer(
      Map<String, Double> expected,
      int rank,
      String type,
      double bytes,
      double uniqueBytes,
      double lines,
      double uniqueLines,
      String reuse,
      double distanceIterations,
      double distanceBytes,
      double count,
      double stride) {
    String prefix = "buffer" + rank + ".";
    expected.put(prefix + type, 1.0);
    expected.put(prefix + "reuse." + reuse, 1.0);
    Map<String, Double> sizes = new LinkedHashMap<>();
    sizes.put("bytes", bytes);
    sizes.put("unique_bytes", uniqueBytes);
    sizes.put("lines", lines);
    sizes.put("unique_lines", uniqueLines);
    sizes.forEach(
        (name, value) -> {
          expected.put(prefix + name, value);
          expected.put(prefix + name + "_over_reuse", count == 0 ? value * 2 : value / count);
        });
    expected.put(prefix + "reuse.distance_iterations", distanceIterations);
    expected.put(prefix + "reuse.distance_bytes", distanceBytes);
    expected.put(prefix + "reuse.count", count);
    expected.put(prefix + "stride", stride);
  }

  /** Samples the curve through the points (log of the operations, operations over bytes). */
  private static void curve(Map<String, Double> expected, double[] operations, double[] bytes) {
    for (int sample = 0; sample < 10; sample++) {
      double first = log(operations[0]);
      double at = first + (log(operations[operations.length - 1]) - first) * (sample + 1) / 10;
      int right = 1;
      while (right < operations.length - 1 && log(operations[right]) < at) {
        right++;
      }
      double x0 = log(operations[right - 1]);
      double share = (at - x0) / (log(operations[right]) - x0);
      double y0 = operations[right - 1] / bytes[right - 1];
      double y1 = operations[right] / bytes[right];
      expected.put("intensity." + sample, y0 + share * (y1 - y0));
    }
  }

  private static double log(double x) {
    return Math.log(x + 1) / Math.log(2);
  }

  private static int column(String name) {
    return FeatureExtractor.NAMES.indexOf(name);
  }

  private static void check(Map<String, Double> expected, PrimFunc function, int row) {
    expected.keySet().forEach(name -> assertEquals(true, column(name) >= 0, name));
    ProgramFeatures features = new FeatureExtractor().extract(function);
    StringBuilder want = new StringBuilder();
    StringBuilder have = new StringBuilder();
    for (int c = 0; c < FeatureExtractor.LENGTH; c++) {
      String name = FeatureExtractor.NAMES.get(c);
      want.append("%s %.4f%n".formatted(name, log(expected.getOrDefault(name, 0.0))));
      have.append("%s %.4f%n".formatted(name, features.at(row, c)));
    }
    assertEquals(want.toString(), have.toString());
  }
}
