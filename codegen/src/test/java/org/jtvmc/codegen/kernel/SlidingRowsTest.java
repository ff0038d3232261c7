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
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Windows over tiles as wide as a row, whose elements are loaded once and shuffled. */
class SlidingRowsTest {
  private static final int CHANNELS = 3;
  private static KernelFixture fixture;

  @BeforeAll
  static void open() {
    fixture = new KernelFixture();
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  /**
   * A convolution of each channel by itself, over {@code 2 * rows} rows of results.
   *
   * @param columns of the results
   * @param size of the window, both ways
   * @param pad rows and columns of zeros on each side
   */
  private static PrimFunc depthwise(DType dtype, int rows, int columns, int size, int pad) {
    int height = 2 * rows + size - 1 - 2 * pad;
    int width = columns + size - 1 - 2 * pad;
    Buffer x = global("x", dtype, CHANNELS, height, width);
    Buffer w = global("w", dtype, CHANNELS, size, size);
    Buffer y = global("y", dtype, CHANNELS, 2 * rows, columns);
    Buffer tile = local("tile", dtype, rows, columns);
    PrimVar c = var("c");
    PrimVar h = var("h");
    PrimVar kh = var("kh");
    PrimVar kw = var("kw");
    PrimVar[] i = {var("i0"), var("i1"), var("i2")};
    PrimVar[] j = {var("j0"), var("j1"), var("j2")};
    PrimExpr row = h.times(rows).plus(i[1]).plus(kh).minus(pad);
    PrimExpr column = j[1].plus(kw).minus(pad);
    PrimExpr element = load(x, c, row, column);
    PrimExpr zero = dtype.isFloat() ? FloatImm.f32(0) : IntImm.of(dtype, 0);
    if (pad > 0) {
      PrimExpr inside = both(isWithin(row, height), isWithin(column, width));
      element = new Select(inside, element, zero);
    }
    PrimExpr sum = load(tile, i[1], j[1]).plus(element.times(load(w, c, kh, kw)));
    Stmt clear = unrolled(i[0], rows, vectorized(j[0], columns, store(tile, zero, i[0], j[0])));
    Stmt step = unrolled(i[1], rows, vectorized(j[1], columns, store(tile, sum, i[1], j[1])));
    Stmt update = unrolled(kw, size, unrolled(kh, size, step));
    PrimExpr out = h.times(rows).plus(i[2]);
    Stmt write =
        unrolled(
            i[2], rows, vectorized(j[2], columns, store(y, load(tile, i[2], j[2]), c, out, j[2])));
    Stmt body = new Stmt.Allocate(tile, Stmt.seq(clear, update, write));
    return new PrimFunc(
        "depthwise", List.of(x, w), List.of(y), parallel(c, CHANNELS, serial(h, 2, body)));
  }

  private static PrimExpr isWithin(PrimExpr index, long size) {
    return both(
        Compare.of(Compare.Op.GREATER_EQUAL, index, IntImm.of(0)),
        Compare.of(Compare.Op.LESS, index, IntImm.of(size)));
  }

  private static PrimExpr both(PrimExpr left, PrimExpr right) {
    return Binary.of(BinaryOp.AND, left, right);
  }

  private static long instructions(String name) {
    return fixture
        .code(CodeListener.Stage.ASM)
        .lines()
        .filter(line -> line.strip().startsWith(name))
        .count();
  }

  @ParameterizedTest
  @CsvSource({
    "4,56,3,1",
    "4,56,3,0",
    "7,28,3,1",
    "2,112,3,1",
    "3,33,3,1",
    "3,47,5,2",
    "5,31,5,1",
    "2,61,7,3",
    "4,40,1,0",
    "1,56,3,1",
    "4,16,3,1",
    "6,64,3,1"
  })
  void tilesOfAnyWidthAreComputedAsTheInterpreterDoes(int rows, int columns, int size, int pad) {
    fixture.check(depthwise(DType.F32, rows, columns, size, pad), 1e-4);
    fixture.check(depthwise(DType.I32, rows, columns, size, pad), 0);
  }

  @Test
  void aRowIsLoadedOnceInWholeVectors() {
    assumeTrue(KernelFixture.host().vectorBits() == 512, "needs AVX-512");
    fixture.check(depthwise(DType.F32, 4, 56, 3, 1), 1e-4);
    // Six rows of four vectors, each moved one to the left and one to the right.
    assertEquals(48, instructions("valignd"));
    assertEquals(4 * 4 * 9, instructions("vfmadd"));
  }

  @Test
  void narrowerVectorsAreLoadedFromEachPlace() {
    try (KernelFixture narrow = new KernelFixture(KernelFixture.withoutAvx512())) {
      narrow.check(depthwise(DType.F32, 4, 56, 3, 1), 1e-4);
      assertTrue(narrow.code(CodeListener.Stage.ASM).contains("vfmadd"));
    }
  }
}
