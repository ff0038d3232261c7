package org.jtvmc.codegen.kernel;

import static org.jtvmc.codegen.kernel.Loops.global;
import static org.jtvmc.codegen.kernel.Loops.load;
import static org.jtvmc.codegen.kernel.Loops.serial;
import static org.jtvmc.codegen.kernel.Loops.store;
import static org.jtvmc.codegen.kernel.Loops.var;
import static org.jtvmc.codegen.kernel.Loops.vectorized;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
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
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectorised loops compute what the interpreter does and touch nothing beyond their buffers. */
class VectorCodeTest {
  private static final List<DType> TYPES =
      List.of(
          DType.F32,
          DType.F64,
          DType.F16,
          DType.BF16,
          DType.TF32,
          DType.I8,
          DType.U8,
          DType.I16,
          DType.U16,
          DType.I32,
          DType.U32,
          DType.I64,
          DType.U64);

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

  static Stream<DType> types() {
    return TYPES.stream();
  }

  private static void check(PrimFunc function, double tolerance) {
    fixture.check(function, tolerance);
    narrow.check(function, tolerance);
  }

  private static PrimFunc kernel(List<Buffer> inputs, Buffer output, Stmt body) {
    return new PrimFunc("kernel", inputs, List.of(output), body);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {1, 2, 3, 5, 7, 8, 10, 15, 16, 17, 24, 31, 32, 33, 48, 63, 100, 257, 300, 1000})
  void anyExtentIsCoveredExactly(int extent) {
    Buffer a = global("a", DType.F32, extent);
    Buffer b = global("b", DType.F32, extent);
    Buffer c = global("c", DType.F32, extent);
    PrimVar i = var("i");
    check(
        kernel(List.of(a, b), c, vectorized(i, extent, store(c, load(a, i).plus(load(b, i)), i))),
        0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7})
  void anyStrideIsReadWithinTheBuffer(int stride) {
    for (int extent : new int[] {16, 21, 32}) {
      Buffer a = global("a", DType.F32, (extent - 1) * stride + 1);
      Buffer c = global("c", DType.F32, extent);
      PrimVar i = var("i");
      check(kernel(List.of(a), c, vectorized(i, extent, store(c, load(a, i.times(stride)), i))), 0);
    }
  }

  /** Elements between are read with their neighbours: none of them is beyond the buffer. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void everyElementOfAStrideIsReadWithinTheBuffer(int stride) {
    for (int extent : new int[] {16, 23, 40}) {
      Buffer a = global("a", DType.F32, 2, extent * stride);
      Buffer c = global("c", DType.F32, stride, 2, extent);
      PrimVar i = var("i");
      PrimVar j = var("j");
      Stmt[] stores = new Stmt[stride];
      for (int k = 0; k < stride; k++) {
        stores[k] = store(c, load(a, j, i.times(stride).plus(k)), IntImm.of(k), j, i);
      }
      Stmt rows = serial(j, 2, vectorized(i, extent, Stmt.seq(stores)));
      check(kernel(List.of(a), c, rows), 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void anyStrideIsWritten(int stride) {
    int extent = 20;
    Buffer a = global("a", DType.F32, extent, stride);
    Buffer c = global("c", DType.F32, extent, stride);
    PrimVar i = var("i");
    PrimVar j = var("j");
    check(
        kernel(
            List.of(a), c, serial(j, stride, vectorized(i, extent, store(c, load(a, i, j), i, j)))),
        0);
  }

  @Test
  void anArrayIsReadBackwards() {
    Buffer a = global("a", DType.F32, 37);
    Buffer c = global("c", DType.F32, 37);
    PrimVar i = var("i");
    PrimExpr mirrored = IntImm.of(36).minus(i);
    check(kernel(List.of(a), c, vectorized(i, 37, store(c, load(a, mirrored), i))), 0);
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyTypeIsAddedComparedAndChosen(DType dtype) {
    int extent = 45;
    Buffer a = global("a", dtype, extent);
    Buffer b = global("b", dtype, extent);
    Buffer c = global("c", dtype, extent);
    PrimVar i = var("i");
    PrimExpr x = load(a, i);
    PrimExpr y = load(b, i);
    PrimExpr value =
        Select.of(
            Compare.of(Compare.Op.LESS, x, y),
            x.times(y).plus(IntImm.of(dtype, 1)),
            x.max(IntImm.of(dtype, 2)).min(y));
    double tolerance = dtype.isFloat() && dtype.bits() > 16 ? 1e-6 : dtype.isFloat() ? 1e-2 : 0;
    check(kernel(List.of(a, b), c, vectorized(i, extent, store(c, value, i))), tolerance);
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyTypeIsConvertedToEveryOther(DType from) {
    int extent = 45;
    for (DType to : TYPES) {
      Buffer a = global("a", from, extent);
      Buffer c = global("c", to, extent);
      PrimVar i = var("i");
      PrimExpr value = load(a, i);
      boolean unsigned = to.kind() == DType.Kind.UINT;
      if (from.isFloat() && unsigned) {
        value = value.max(IntImm.of(from, 0));
      }
      check(kernel(List.of(a), c, vectorized(i, extent, store(c, Cast.of(to, value), i))), 0);
    }
  }

  @Test
  void booleansAreBytesInMemory() {
    int extent = 37;
    Buffer a = global("a", DType.BOOL, extent);
    Buffer b = global("b", DType.F32, extent);
    Buffer c = global("c", DType.BOOL, extent);
    PrimVar i = var("i");
    PrimExpr value = load(a, i).and(Compare.of(Compare.Op.GREATER, load(b, i), FloatImm.f32(0)));
    check(kernel(List.of(a, b), c, vectorized(i, extent, store(c, value, i))), 0);
  }

  @ParameterizedTest
  @MethodSource("types")
  void divisionRoundsAsItsOperatorSays(DType dtype) {
    if (dtype.isFloat()) {
      return;
    }
    int extent = 40;
    Buffer a = global("a", dtype, extent);
    Buffer b = global("b", dtype, extent);
    Buffer c = global("c", dtype, 4, extent);
    NDArray x = NDArray.allocate(TensorType.of(dtype, extent));
    NDArray y = NDArray.allocate(TensorType.of(dtype, extent));
    for (int n = 0; n < extent; n++) {
      boolean signed = dtype.kind() == DType.Kind.INT;
      x.setLong(n, signed ? n * 3 - 60 : n * 3);
      y.setLong(n, signed && n % 2 == 0 ? -(n % 7) - 1 : n % 7 + 1);
    }
    PrimVar i = var("i");
    BinaryOp[] operators = {
      BinaryOp.DIVIDE, BinaryOp.REMAINDER, BinaryOp.FLOOR_DIVIDE, BinaryOp.FLOOR_MODULO
    };
    Stmt[] stores = new Stmt[4];
    for (int k = 0; k < 4; k++) {
      PrimExpr value = Binary.of(operators[k], load(a, i), load(b, i));
      stores[k] = store(c, value, IntImm.of(k), i);
    }
    fixture.check(
        kernel(List.of(a, b), c, vectorized(i, extent, Stmt.seq(stores))), List.of(x, y), 0);
  }

  @Test
  void notANumberSpreadsThroughExtrema() {
    int extent = 16;
    Buffer a = global("a", DType.F32, extent);
    Buffer b = global("b", DType.F32, extent);
    Buffer c = global("c", DType.F32, 2, extent);
    NDArray x = NDArray.allocate(TensorType.of(DType.F32, extent));
    NDArray y = NDArray.allocate(TensorType.of(DType.F32, extent));
    for (int n = 0; n < extent; n++) {
      x.setDouble(n, n % 3 == 0 ? Double.NaN : n);
      y.setDouble(n, n % 4 == 0 ? Double.NaN : 8);
    }
    PrimVar i = var("i");
    Stmt body =
        Stmt.seq(
            store(c, load(a, i).max(load(b, i)), IntImm.of(0), i),
            store(c, load(a, i).min(FloatImm.f32(3)), IntImm.of(1), i));
    fixture.check(kernel(List.of(a, b), c, vectorized(i, extent, body)), List.of(x, y), 0);
  }

  @Test
  void aSelectGuardsTheReadsOfItsBranches() {
    // Padding: the reads at the ends would leave the buffer.
    int extent = 50;
    Buffer a = global("a", DType.F32, extent);
    Buffer c = global("c", DType.F32, 3, extent);
    PrimVar i = var("i");
    PrimVar k = var("k");
    PrimExpr at = i.plus(k).minus(1);
    PrimExpr inside = at.atLeast(0).and(at.lessThan(extent));
    PrimExpr value = Select.of(inside, load(a, at), FloatImm.f32(0));
    check(kernel(List.of(a), c, serial(k, 3, vectorized(i, extent, store(c, value, k, i)))), 0);
  }

  @Test
  void aSelectThatLanesShareGuardsItsReadsToo() {
    int extent = 20;
    Buffer a = global("a", DType.F32, 4, extent);
    Buffer c = global("c", DType.F32, 6, extent);
    PrimVar i = var("i");
    PrimVar k = var("k");
    PrimExpr row = k.minus(1);
    PrimExpr inside = row.atLeast(0).and(row.lessThan(4));
    PrimExpr value = Select.of(inside, load(a, row, i), FloatImm.f32(-1));
    check(kernel(List.of(a), c, serial(k, 6, vectorized(i, extent, store(c, value, k, i)))), 0);
  }

  @Test
  void aReshapeReadsWholeVectors() {
    Buffer a = global("a", DType.F32, 12, 64);
    Buffer c = global("c", DType.F32, 768);
    PrimVar o = var("o");
    PrimVar i = var("i");
    PrimExpr flat = o.times(16).plus(i);
    PrimExpr value = load(a, flat.floorDiv(64), flat.floorMod(64));
    PrimFunc function =
        kernel(List.of(a), c, serial(o, 48, vectorized(i, 16, store(c, value, flat))));
    check(function, 0);
    fixture.check(function, 0);
    assertFalse(fixture.code(CodeListener.Stage.OPTIMIZED_LL).contains("gather"));
    assertTrue(fixture.code(CodeListener.Stage.OPTIMIZED_LL).contains("load <16 x float>"));
  }

  @Test
  void anUnevenReshapeGathers() {
    Buffer a = global("a", DType.F32, 9, 7);
    Buffer c = global("c", DType.F32, 63);
    PrimVar i = var("i");
    PrimExpr value = load(a, i.floorDiv(7), i.floorMod(7));
    check(kernel(List.of(a), c, vectorized(i, 63, store(c, value, i))), 0);
  }

  @Test
  void anIndirectIndexGathers() {
    Buffer a = global("a", DType.F32, 11, 5);
    Buffer ids = global("ids", DType.I64, 21);
    Buffer c = global("c", DType.F32, 21, 5);
    NDArray table = NDArray.allocate(TensorType.of(DType.F32, 11, 5));
    NDArray rows = NDArray.allocate(TensorType.of(DType.I64, 21));
    for (int n = 0; n < 55; n++) {
      table.setDouble(n, n);
    }
    for (int n = 0; n < 21; n++) {
      rows.setLong(n, n * 7 % 11);
    }
    PrimVar i = var("i");
    PrimVar j = var("j");
    PrimExpr value = load(a, load(ids, i), j);
    List<NDArray> inputs = List.of(table, rows);
    Stmt perLane = serial(j, 5, vectorized(i, 21, store(c, value, i, j)));
    Stmt shared = serial(i, 21, vectorized(j, 5, store(c, value, i, j)));
    fixture.check(kernel(List.of(a, ids), c, perLane), inputs, 0);
    fixture.check(kernel(List.of(a, ids), c, shared), inputs, 0);
    narrow.check(kernel(List.of(a, ids), c, perLane), inputs, 0);
  }

  @Test
  void aConditionOnTheLaneMasksTheStore() {
    Buffer a = global("a", DType.F32, 40);
    Buffer c = global("c", DType.F32, 40);
    PrimVar i = var("i");
    PrimVar j = var("j");
    PrimExpr at = i.times(16).plus(j);
    Stmt negative = store(c, load(a, at).times(FloatImm.f32(2)), at);
    Stmt positive = store(c, load(a, at), at);
    Stmt choice =
        new Stmt.If(
            Compare.of(Compare.Op.LESS, load(a, at), FloatImm.f32(0)),
            negative,
            Optional.of(positive),
            false);
    Stmt body = serial(i, 3, vectorized(j, 16, Stmt.If.guard(at.lessThan(40), choice)));
    check(kernel(List.of(a), c, body), 0);
  }
}
