package org.jtvmc.codegen.kernel;

import static org.jtvmc.codegen.kernel.Loops.global;
import static org.jtvmc.codegen.kernel.Loops.load;
import static org.jtvmc.codegen.kernel.Loops.local;
import static org.jtvmc.codegen.kernel.Loops.serial;
import static org.jtvmc.codegen.kernel.Loops.store;
import static org.jtvmc.codegen.kernel.Loops.unrolled;
import static org.jtvmc.codegen.kernel.Loops.var;
import static org.jtvmc.codegen.kernel.Loops.vectorized;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReductionCodeTest {
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

  private static void check(PrimFunc function, double tolerance) {
    fixture.check(function, tolerance);
    narrow.check(function, tolerance);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 15, 16, 40, 64, 100, 256, 1000})
  void lanesAddUpToOneElement(int extent) {
    Buffer a = global("a", DType.F32, 3, extent);
    Buffer c = global("c", DType.F32, 3);
    PrimVar i = var("i");
    PrimVar j = var("j");
    Stmt sum = vectorized(j, extent, store(c, load(c, i).plus(load(a, i, j)), i));
    Stmt body = serial(i, 3, Stmt.seq(store(c, IntImm.of(DType.F32, 0), i), sum));
    check(new PrimFunc("sums", List.of(a), List.of(c), body), 1e-5);
  }

  @ParameterizedTest
  @EnumSource(Reducer.class)
  void everyReducerFoldsLanes(Reducer reducer) {
    boolean logical = reducer == Reducer.ALL || reducer == Reducer.ANY;
    for (DType dtype : logical ? List.of(DType.BOOL) : List.of(DType.F32, DType.I32, DType.I8)) {
      Buffer a = global("a", dtype, 5, 43);
      Buffer c = global("c", dtype, 5);
      PrimVar i = var("i");
      PrimVar j = var("j");
      PrimExpr next = reducer.combine(load(c, i), load(a, i, j));
      Stmt body =
          serial(
              i,
              5,
              Stmt.seq(store(c, reducer.identity(dtype), i), vectorized(j, 43, store(c, next, i))));
      check(new PrimFunc("folds", List.of(a), List.of(c), body), 1e-4);
    }
  }

  @Test
  void aLongSumHasOneAccumulatorPerLane() {
    Buffer a = global("a", DType.F32, 4, 16, 64);
    Buffer c = global("c", DType.F32, 4);
    PrimVar i = var("i");
    PrimVar r = var("r");
    PrimVar j = var("j");
    Stmt sum = serial(r, 16, vectorized(j, 64, store(c, load(c, i).plus(load(a, i, r, j)), i)));
    Stmt body = serial(i, 4, Stmt.seq(store(c, IntImm.of(DType.F32, 0), i), sum));
    PrimFunc function = new PrimFunc("longsum", List.of(a), List.of(c), body);
    check(function, 1e-5);
    fixture.check(function, 1e-5);
    String loops = fixture.code(CodeListener.Stage.LOOP);
    assertTrue(loops.contains("allocate local c_tile: float32[64]"), loops);
    String llvm = fixture.code(CodeListener.Stage.OPTIMIZED_LL);
    assertFalse(llvm.contains("alloca"), llvm);
  }

  @Test
  void anElementOfAnArrayIsAccumulatedInARegister() {
    // Row sums of products, whose accumulators are in memory as the loops are written.
    Buffer a = global("a", DType.F32, 8, 30);
    Buffer b = global("b", DType.F32, 30, 32);
    Buffer c = global("c", DType.F32, 8, 32);
    PrimVar i = var("i");
    PrimVar k = var("k");
    PrimVar ii = var("ii");
    PrimVar j = var("j");
    PrimVar i0 = var("i0");
    PrimVar j0 = var("j0");
    PrimExpr row = i.times(4).plus(ii);
    PrimExpr product = load(a, row, k).times(load(b, k, j));
    Stmt update =
        serial(
            k,
            30,
            unrolled(ii, 4, vectorized(j, 32, store(c, load(c, row, j).plus(product), row, j))));
    Stmt clear =
        unrolled(
            i0, 4, vectorized(j0, 32, store(c, IntImm.of(DType.F32, 0), i.times(4).plus(i0), j0)));
    PrimFunc function =
        new PrimFunc("product", List.of(a, b), List.of(c), serial(i, 2, Stmt.seq(clear, update)));
    check(function, 1e-5);
    fixture.check(function, 1e-5);
    String loops = fixture.code(CodeListener.Stage.LOOP);
    assertTrue(loops.contains("allocate local c_tile: float32[4, 32]"), loops);
  }

  @Test
  void guardsOfTheTileGuardItsReadsAndWrites() {
    Buffer a = global("a", DType.F32, 30, 27);
    Buffer c = global("c", DType.F32, 27);
    PrimVar o = var("o");
    PrimVar k = var("k");
    PrimVar j = var("j");
    PrimVar j0 = var("j0");
    PrimExpr at = o.times(8).plus(j);
    Stmt update =
        serial(
            k,
            30,
            vectorized(
                j,
                8,
                Stmt.If.guard(at.lessThan(27), store(c, load(c, at).plus(load(a, k, at)), at))));
    PrimExpr at0 = o.times(8).plus(j0);
    Stmt clear =
        vectorized(j0, 8, Stmt.If.guard(at0.lessThan(27), store(c, IntImm.of(DType.F32, 0), at0)));
    check(
        new PrimFunc("columns", List.of(a), List.of(c), serial(o, 4, Stmt.seq(clear, update))),
        1e-5);
  }

  @Test
  void aLocalArrayWithVaryingIndicesStaysInMemory() {
    Buffer a = global("a", DType.F32, 20, 16);
    Buffer t = local("t", DType.F32, 20, 16);
    Buffer c = global("c", DType.F32, 20, 16);
    PrimVar i = var("i");
    PrimVar j = var("j");
    PrimVar m = var("m");
    PrimVar n = var("n");
    Stmt fill =
        serial(i, 20, vectorized(j, 16, store(t, load(a, i, j).times(load(a, i, j)), i, j)));
    PrimExpr mirrored = IntImm.of(19).minus(m);
    Stmt drain = serial(m, 20, vectorized(n, 16, store(c, load(t, mirrored, n), m, n)));
    check(
        new PrimFunc("square", List.of(a), List.of(c), new Stmt.Allocate(t, Stmt.seq(fill, drain))),
        0);
  }

  @Test
  void anArrayInRegistersIsReadInAnotherShape() {
    // Written by rows of 24, read by columns and by parts of rows.
    Buffer a = global("a", DType.F32, 4, 24);
    Buffer t = local("t", DType.F32, 4, 24);
    Buffer c = global("c", DType.F32, 24, 4);
    PrimVar i = var("i");
    PrimVar j = var("j");
    PrimVar m = var("m");
    PrimVar n = var("n");
    Stmt fill = unrolled(i, 4, vectorized(j, 24, store(t, load(a, i, j), i, j)));
    Stmt drain = unrolled(m, 24, vectorized(n, 4, store(c, load(t, n, m), m, n)));
    PrimFunc function =
        new PrimFunc(
            "transpose", List.of(a), List.of(c), new Stmt.Allocate(t, Stmt.seq(fill, drain)));
    check(function, 0);
    fixture.check(function, 0);
    assertFalse(fixture.code(CodeListener.Stage.OPTIMIZED_LL).contains("alloca"));
  }

  @Test
  void aMaximumOverLanesSeesNotANumber() {
    Buffer a = global("a", DType.F32, 40);
    Buffer c = global("c", DType.F32, 1);
    PrimVar j = var("j");
    PrimExpr zero = IntImm.of(0);
    PrimExpr next = Binary.of(BinaryOp.MAX, load(c, zero), load(a, j));
    Stmt body =
        Stmt.seq(
            store(c, Reducer.MAX.identity(DType.F32), zero),
            vectorized(j, 40, store(c, next, zero)));
    PrimFunc function = new PrimFunc("largest", List.of(a), List.of(c), body);
    var inputs = KernelFixture.randomInputs(function, 1);
    check(function, 0);
    inputs.getFirst().setDouble(33, Double.NaN);
    fixture.check(function, inputs, 0);
  }

  /** Two steps of a maximum look for NaN together: wherever it is, it stays. */
  @ParameterizedTest
  @EnumSource(
      value = Reducer.class,
      names = {"MAX", "MIN"})
  void aNumberThatIsNoneOutlivesEveryStep(Reducer reducer) {
    int steps = 5;
    int columns = 1 << steps;
    Buffer a = global("a", DType.F32, steps, columns);
    Buffer c = global("c", DType.F32, columns);
    Buffer sum = local("sum", DType.F32, columns);
    NDArray x = NDArray.allocate(TensorType.of(DType.F32, steps, columns));
    for (int step = 0; step < steps; step++) {
      for (int column = 0; column < columns; column++) {
        boolean none = (column >> step & 1) != 0;
        x.setDouble(step * columns + column, none ? Double.NaN : (step * 3 + column) % 7 - 3);
      }
    }
    PrimVar k = var("k");
    PrimVar i = var("i");
    PrimVar first = var("i");
    PrimVar last = var("i");
    Stmt body =
        new Stmt.Allocate(
            sum,
            Stmt.seq(
                vectorized(first, columns, store(sum, reducer.identity(DType.F32), first)),
                unrolled(
                    k,
                    steps,
                    vectorized(
                        i, columns, store(sum, reducer.combine(load(sum, i), load(a, k, i)), i))),
                vectorized(last, columns, store(c, load(sum, last), last))));
    PrimFunc function = new PrimFunc("extremes", List.of(a), List.of(c), body);
    fixture.check(function, List.of(x), 0);
    narrow.check(function, List.of(x), 0);
  }
}
