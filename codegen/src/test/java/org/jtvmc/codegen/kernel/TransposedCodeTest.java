package org.jtvmc.codegen.kernel;

import static org.jtvmc.codegen.kernel.Loops.global;
import static org.jtvmc.codegen.kernel.Loops.load;
import static org.jtvmc.codegen.kernel.Loops.local;
import static org.jtvmc.codegen.kernel.Loops.serial;
import static org.jtvmc.codegen.kernel.Loops.store;
import static org.jtvmc.codegen.kernel.Loops.unrolled;
import static org.jtvmc.codegen.kernel.Loops.var;
import static org.jtvmc.codegen.kernel.Loops.vectorized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.regex.Pattern;
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

/** Tiles are turned in registers. */
class TransposedCodeTest {
  private static KernelFixture fixture;
  private static KernelFixture narrow;

  @BeforeAll
  static void open() {
    fixture = new KernelFixture();
    narrow = new KernelFixture(KernelFixture.withoutAvx512());
  }

  @AfterAll
  static void close() {
    fixture.close();
    narrow.close();
  }

  /** {@code c[i, j] = a[j, i]}, in tiles of {@code height} rows of {@code width} elements. */
  private static PrimFunc transposition(DType dtype, int rows, int columns, int height, int width) {
    Buffer a = global("a", dtype, columns, rows);
    Buffer c = global("c", dtype, rows, columns);
    Buffer square = local("square", dtype, width, height);
    PrimVar io = var("io");
    PrimVar jo = var("jo");
    PrimVar[] i = {var("i0"), var("i1")};
    PrimVar[] j = {var("j0"), var("j1")};
    Stmt copy =
        unrolled(
            j[0],
            width,
            vectorized(
                i[0],
                height,
                store(
                    square,
                    load(a, jo.times(width).plus(j[0]), io.times(height).plus(i[0])),
                    j[0],
                    i[0])));
    Stmt turn =
        unrolled(
            i[1],
            height,
            vectorized(
                j[1],
                width,
                store(
                    c,
                    load(square, j[1], i[1]),
                    io.times(height).plus(i[1]),
                    jo.times(width).plus(j[1]))));
    Stmt tile = new Stmt.Allocate(square, Stmt.seq(copy, turn));
    Stmt body = serial(jo, columns / width, serial(io, rows / height, tile));
    return new PrimFunc("transposed", List.of(a), List.of(c), body);
  }

  /** Squares of all sizes of vectors, and what is left of them at the ends. */
  @ParameterizedTest
  @CsvSource({
    "float32, 16, 16",
    "float32, 8, 8",
    "float32, 8, 16",
    "float32, 16, 8",
    "float32, 5, 16",
    "float32, 16, 5",
    "float32, 3, 7",
    "float64, 8, 8",
    "float64, 4, 8",
    "int32, 16, 16",
    "float16, 16, 16",
    "int8, 16, 32",
    "bool, 16, 16",
  })
  void everyElementGoesToItsPlace(String dtype, int height, int width) {
    PrimFunc function = transposition(DType.parse(dtype), 3 * height, 2 * width, height, width);
    fixture.check(function, 0);
    narrow.check(function, 0);
  }

  @Test
  void aSquareOfSixteenTakesSixtyFourShuffles() {
    assumeTrue(fixture.target().features().contains("avx512f"));
    fixture.compile(transposition(DType.F32, 128, 256, 16, 16));
    String code = fixture.code(CodeListener.Stage.ASM);
    assertEquals(64, count(code, "\\tv(unpck|shuf|perm|pblend|insert)"));
    assertEquals(0, count(code, "\\tv[p]?gather"));
  }

  @Test
  void theNextLinesOfManyRowsAreAskedFor() {
    fixture.compile(transposition(DType.F32, 128, 256, 16, 16));
    assertEquals(16, count(fixture.code(CodeListener.Stage.LL), "call void @llvm.prefetch"));
    fixture.compile(transposition(DType.F32, 16, 256, 16, 16));
    assertEquals(0, count(fixture.code(CodeListener.Stage.LL), "call void @llvm.prefetch"));
  }

  private static long count(String code, String instruction) {
    return Pattern.compile(instruction).matcher(code).results().count();
  }
}
