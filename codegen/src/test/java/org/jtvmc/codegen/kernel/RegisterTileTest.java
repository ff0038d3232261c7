package org.jtvmc.codegen.kernel;

import static org.jtvmc.codegen.kernel.Loops.global;
import static org.jtvmc.codegen.kernel.Loops.load;
import static org.jtvmc.codegen.kernel.Loops.local;
import static org.jtvmc.codegen.kernel.Loops.parallel;
import static org.jtvmc.codegen.kernel.Loops.serial;
import static org.jtvmc.codegen.kernel.Loops.store;
import static org.jtvmc.codegen.kernel.Loops.unrolled;
import static org.jtvmc.codegen.kernel.Loops.var;
import static org.jtvmc.codegen.kernel.Loops.vectorized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.regex.Pattern;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The accumulators of a tiled matrix product live in registers. */
class RegisterTileTest {
  private static KernelFixture fixture;

  @BeforeAll
  static void open() {
    fixture = new KernelFixture();
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  /** {@code c = a b}, with {@code b} packed in panels of {@code width} columns. */
  private static PrimFunc product(
      int rows, int depth, int columns, int height, int width, int unroll) {
    Buffer a = global("a", DType.F32, rows, depth);
    Buffer b = global("b", DType.F32, columns / width, depth, width);
    Buffer c = global("c", DType.F32, rows, columns);
    Buffer tile = local("tile", DType.F32, height, width);
    PrimVar io = var("io");
    PrimVar jo = var("jo");
    PrimVar ko = var("ko");
    PrimVar ki = var("ki");
    PrimVar[] i = {var("i0"), var("i1"), var("i2")};
    PrimVar[] j = {var("j0"), var("j1"), var("j2")};
    PrimExpr k = ko.times(unroll).plus(ki);
    PrimExpr row = io.times(height).plus(i[1]);
    PrimExpr sum = load(tile, i[1], j[1]).plus(load(a, row, k).times(load(b, jo, k, j[1])));
    Stmt clear =
        unrolled(i[0], height, vectorized(j[0], width, store(tile, FloatImm.f32(0), i[0], j[0])));
    Stmt update =
        serial(
            ko,
            depth / unroll,
            unrolled(
                ki,
                unroll,
                unrolled(i[1], height, vectorized(j[1], width, store(tile, sum, i[1], j[1])))));
    PrimExpr x = io.times(height).plus(i[2]);
    PrimExpr y = jo.times(width).plus(j[2]);
    Stmt write =
        unrolled(i[2], height, vectorized(j[2], width, store(c, load(tile, i[2], j[2]), x, y)));
    Stmt body = new Stmt.Allocate(tile, Stmt.seq(clear, update, write));
    return new PrimFunc(
        "product",
        List.of(a, b),
        List.of(c),
        parallel(jo, columns / width, serial(io, rows / height, body)));
  }

  @ParameterizedTest
  @CsvSource({"12,32,1", "6,16,4", "8,24,2", "5,10,3", "3,48,1", "1,64,5", "4,7,1"})
  void tilesOfAnyShapeArePromoted(int height, int width, int unroll) {
    fixture.check(product(height * 2, unroll * 7, width * 3, height, width, unroll), 1e-4);
    String llvm = fixture.code(CodeListener.Stage.OPTIMIZED_LL);
    String body = llvm.substring(llvm.indexOf("@product.parallel.body"));
    assertFalse(body.contains("alloca"), body);
  }

  @Test
  void theTileThatFillsTheRegistersIsNotSpilled() {
    assumeTrue(KernelFixture.host().vectorBits() == 512, "needs AVX-512");
    fixture.check(product(24, 64, 64, 12, 32, 1), 1e-4);
    String assembly = fixture.code(CodeListener.Stage.ASM);
    long spills =
        assembly
            .lines()
            .filter(Pattern.compile("%rsp\\).*%zmm|%zmm.*%rsp\\)").asPredicate())
            .count();
    assertEquals(0, spills, assembly);
    long products = assembly.lines().filter(line -> line.contains("vfmadd")).count();
    assertEquals(24, products, assembly);
  }

  @Test
  void tilesAskForThePanelThatComesNext() {
    // 8 KiB a panel and 512 KiB of them: 128 lines in two tiles of 64 iterations, each one line.
    assertEquals(1, requests(product(8, 64, 2048, 4, 32, 1), "t1"));
    // In iterations of two steps each asks for twice as much.
    assertEquals(2, requests(product(8, 64, 2048, 4, 32, 2), "t1"));
    assertEquals(0, requests(product(4, 64, 2048, 4, 32, 1), "t1"), "read only once");
    assertEquals(0, requests(product(8, 64, 512, 4, 32, 1), "t1"), "stays in the cache");
  }

  @Test
  void eachStepAsksForWhatTheTileReadsLater() {
    assertEquals(2, requests(product(8, 64, 64, 4, 32, 1), "t0"));
    assertEquals(2 * 4, requests(product(8, 64, 64, 4, 32, 4), "t0"));
    assertEquals(0, requests(product(8, 16, 64, 4, 32, 1), "t0"), "soon at its end");
  }

  /** How often the code asks for a line in advance. */
  private static long requests(PrimFunc product, String caches) {
    assumeTrue(KernelFixture.host().isX86(), "looks for x86's instructions");
    fixture.check(product, 1e-4);
    Pattern request = Pattern.compile("\\bprefetch" + caches + "\\b");
    return fixture.code(CodeListener.Stage.ASM).lines().filter(request.asPredicate()).count();
  }
}
