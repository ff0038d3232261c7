package org.jtvmc.codegen.kernel;

import static org.jtvmc.codegen.kernel.Loops.global;
import static org.jtvmc.codegen.kernel.Loops.load;
import static org.jtvmc.codegen.kernel.Loops.local;
import static org.jtvmc.codegen.kernel.Loops.parallel;
import static org.jtvmc.codegen.kernel.Loops.serial;
import static org.jtvmc.codegen.kernel.Loops.store;
import static org.jtvmc.codegen.kernel.Loops.var;
import static org.jtvmc.codegen.kernel.Loops.vectorized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.emit.StackDemand;
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

class ParallelCodeTest {
  private static KernelFixture fixture;

  @BeforeAll
  static void open() {
    fixture = new KernelFixture();
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private final Buffer a = global("a", DType.F32, 6, 7, 40);
  private final Buffer c = global("c", DType.F32, 6, 7, 40);
  private final PrimVar i = var("i");
  private final PrimVar j = var("j");
  private final PrimVar k = var("k");

  private PrimFunc kernel(Stmt body) {
    return new PrimFunc("kernel", List.of(a), List.of(c), body);
  }

  private Stmt doubled() {
    return vectorized(k, 40, store(c, load(a, i, j, k).times(FloatImm.f32(2)), i, j, k));
  }

  @Test
  void nestedParallelLoopsAreOne() {
    fixture.check(kernel(parallel(i, 6, parallel(j, 7, doubled()))), 0);
    assertTrue(fixture.code(CodeListener.Stage.LOOP).contains("parallel for i_j in 0..42"));
  }

  @Test
  void aParallelLoopBelowASerialOneIsStartedAgainAndAgain() {
    fixture.check(kernel(serial(i, 6, parallel(j, 7, doubled()))), 0);
  }

  @Test
  void aParallelLoopInsideAnotherIsSerial() {
    PrimExpr one = FloatImm.f32(1);
    Buffer d = global("d", DType.F32, 6);
    Stmt body = parallel(i, 6, Stmt.seq(store(d, one, i), parallel(j, 7, doubled())));
    fixture.check(new PrimFunc("kernel", List.of(a), List.of(c, d), body), 0);
  }

  @Test
  void threadsHaveTheirOwnLocalArrays() {
    Buffer t = local("t", DType.F32, 7, 40);
    PrimVar j2 = var("j2");
    PrimVar k2 = var("k2");
    Stmt fill = serial(j, 7, vectorized(k, 40, store(t, load(a, i, j, k), j, k)));
    PrimExpr sum = load(t, j2, k2).plus(load(t, j2, k2));
    Stmt drain = serial(j2, 7, vectorized(k2, 40, store(c, sum, i, j2, k2)));
    PrimFunc kernel = kernel(parallel(i, 6, new Stmt.Allocate(t, Stmt.seq(fill, drain))));
    assertFalse(StackDemand.isTooMuch(kernel));
    fixture.check(kernel, 0);
  }

  @Test
  void sharedScratchLiesInTheWorkspace() {
    Buffer t = global("t", DType.F32, 6, 7, 40);
    Buffer large = local("large", DType.F32, 100, 400);
    PrimVar i2 = var("i2");
    PrimVar j2 = var("j2");
    PrimVar k2 = var("k2");
    Stmt fill =
        parallel(i, 6, serial(j, 7, vectorized(k, 40, store(t, load(a, i, j, k), i, j, k))));
    Stmt copy =
        serial(i2, 6, serial(j2, 7, vectorized(k2, 40, store(c, load(t, i2, j2, k2), i2, j2, k2))));
    PrimFunc shared = kernel(new Stmt.Allocate(t, Stmt.seq(fill, copy)));
    fixture.check(shared, 0);
    assertEquals(6 * 7 * 40 * 4, fixture.kernel().workspaceBytes());

    PrimVar m = var("m");
    PrimVar n = var("n");
    PrimVar m2 = var("m2");
    Stmt put = serial(m, 6, vectorized(n, 40, store(large, load(a, m, m, n), m, n)));
    PrimVar n2 = var("n2");
    PrimVar r = var("r");
    Stmt get =
        serial(m2, 6, serial(r, 7, vectorized(n2, 40, store(c, load(large, m2, n2), m2, r, n2))));
    fixture.check(kernel(new Stmt.Allocate(large, Stmt.seq(put, get))), 0);
    assertEquals(100 * 400 * 4, fixture.kernel().workspaceBytes());
  }

  @Test
  void aLocalArrayBeyondAThreadsStackIsRefused() {
    Buffer t = local("t", DType.F32, 1000, 1000);
    Stmt body =
        parallel(
            i,
            6,
            new Stmt.Allocate(t, serial(j, 7, serial(k, 40, store(t, load(a, i, j, k), j, k)))));
    assertTrue(StackDemand.isTooMuch(kernel(body)));
    assertThrows(CodegenException.class, () -> fixture.compile(kernel(body)));
  }

  @Test
  void localArraysThatAreNotAliveAtOnceShareAThreadsStack() {
    Buffer first = local("first", DType.F32, 300, 300);
    Buffer second = local("second", DType.F32, 300, 300);
    Stmt one = store(first, load(a, i, i, i), i, i);
    Stmt other = store(second, load(a, i, i, i), i, i);
    PrimFunc inTurn =
        kernel(
            parallel(
                i, 6, Stmt.seq(new Stmt.Allocate(first, one), new Stmt.Allocate(second, other))));
    PrimFunc atOnce =
        kernel(
            parallel(
                i, 6, new Stmt.Allocate(first, new Stmt.Allocate(second, Stmt.seq(one, other)))));
    assertFalse(StackDemand.isTooMuch(inTurn));
    fixture.compile(inTurn);
    assertTrue(StackDemand.isTooMuch(atOnce));
    assertThrows(CodegenException.class, () -> fixture.compile(atOnce));
  }
}
