package org.jtvmc.codegen.kernel;

import static org.jtvmc.codegen.kernel.Loops.global;
import static org.jtvmc.codegen.kernel.Loops.load;
import static org.jtvmc.codegen.kernel.Loops.parallel;
import static org.jtvmc.codegen.kernel.Loops.serial;
import static org.jtvmc.codegen.kernel.Loops.store;
import static org.jtvmc.codegen.kernel.Loops.unrolled;
import static org.jtvmc.codegen.kernel.Loops.var;
import static org.jtvmc.codegen.kernel.Loops.vectorized;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
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

/** Uneven splits: the answer stays, and no condition is left in the inner loops. */
class PeeledCodeTest {
  private static KernelFixture fixture;

  @BeforeAll
  static void open() {
    fixture = new KernelFixture();
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private final PrimVar io = var("io");
  private final PrimVar jo = var("jo");
  private final PrimVar ii = var("ii");
  private final PrimVar ji = var("ji");

  private static long parts(long size, long part) {
    return (size + part - 1) / part;
  }

  @ParameterizedTest
  @CsvSource({"20,50,8,16", "17,33,4,32", "5,10,8,16", "12,64,6,32", "1,1,4,16", "31,47,16,8"})
  void aTileHangsOverBothEdges(int rows, int columns, int tileRows, int tileColumns) {
    Buffer a = global("a", DType.F32, rows, columns);
    Buffer c = global("c", DType.F32, rows, columns);
    PrimExpr i = io.times(tileRows).plus(ii);
    PrimExpr j = jo.times(tileColumns).plus(ji);
    Stmt body =
        vectorized(
            ji,
            tileColumns,
            Stmt.If.guard(
                i.lessThan(rows).and(j.lessThan(columns)),
                store(c, load(a, i, j).times(FloatImm.f32(3)), i, j)));
    Stmt nest =
        parallel(
            io,
            parts(rows, tileRows),
            serial(jo, parts(columns, tileColumns), unrolled(ii, tileRows, body)));
    fixture.check(new PrimFunc("tiles", List.of(a), List.of(c), nest), 0);
    String loops = fixture.code(CodeListener.Stage.LOOP);
    assertFalse(loops.contains("likely"), loops);
  }

  @ParameterizedTest
  @CsvSource({"20,50,8,16", "17,33,4,32", "12,64,6,32"})
  void aFusedParallelLoopChoosesInside(int rows, int columns, int tileRows, int tileColumns) {
    Buffer a = global("a", DType.F32, rows, columns);
    Buffer c = global("c", DType.F32, rows, columns);
    PrimVar f = var("f");
    long across = parts(columns, tileColumns);
    PrimExpr i = f.floorDiv(across).times(tileRows).plus(ii);
    PrimExpr j = f.floorMod(across).times(tileColumns).plus(ji);
    Stmt body =
        vectorized(
            ji,
            tileColumns,
            Stmt.If.guard(
                i.lessThan(rows).and(j.lessThan(columns)),
                store(c, load(a, i, j).times(FloatImm.f32(3)), i, j)));
    Stmt nest = parallel(f, parts(rows, tileRows) * across, unrolled(ii, tileRows, body));
    fixture.check(new PrimFunc("tiles", List.of(a), List.of(c), nest), 0);
    String loops = fixture.code(CodeListener.Stage.LOOP);
    assertFalse(loops.contains("likely"), loops);
  }

  @Test
  void aSplitOfASplitHangsOver() {
    int size = 77;
    Buffer a = global("a", DType.F32, size);
    Buffer c = global("c", DType.F32, size);
    PrimVar i1 = var("i1");
    PrimExpr i = io.times(32).plus(i1.times(8)).plus(ii);
    Stmt body = vectorized(ii, 8, Stmt.If.guard(i.lessThan(size), store(c, load(a, i), i)));
    Stmt nest = serial(io, 3, serial(i1, 4, body));
    fixture.check(new PrimFunc("split", List.of(a), List.of(c), nest), 0);
    assertFalse(fixture.code(CodeListener.Stage.LOOP).contains("likely"));
  }

  @Test
  void aGuardOfTheReductionAxisShortensIt() {
    int size = 29;
    Buffer a = global("a", DType.F32, size, 16);
    Buffer c = global("c", DType.F32, 16);
    PrimExpr k = jo.times(8).plus(ji);
    PrimVar z = var("z");
    Stmt update =
        serial(
            jo,
            4,
            unrolled(
                ji,
                8,
                Stmt.If.guard(
                    k.lessThan(size),
                    vectorized(ii, 16, store(c, load(c, ii).plus(load(a, k, ii)), ii)))));
    Stmt body = Stmt.seq(vectorized(z, 16, store(c, FloatImm.f32(0), z)), update);
    fixture.check(new PrimFunc("reduce", List.of(a), List.of(c), body), 1e-5);
    assertFalse(fixture.code(CodeListener.Stage.LOOP).contains("likely"));
  }
}
