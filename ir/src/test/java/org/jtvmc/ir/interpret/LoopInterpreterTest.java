package org.jtvmc.ir.interpret;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
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
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;

class LoopInterpreterTest {
  private final PrimVar i = PrimVar.index("i");
  private final Buffer in = buffer("in", DType.F32, 4);
  private final Buffer out = buffer("out", DType.F32, 4);

  private static Buffer buffer(String name, DType dtype, long... shape) {
    return Buffer.dense(name, dtype, Tensor.sizes(shape), Scope.GLOBAL);
  }

  private Stmt loop(ForKind kind, long extent, Stmt body) {
    return new Stmt.For(i, IntImm.of(0), IntImm.of(extent), kind, body);
  }

  private NDArray run(Stmt body) {
    NDArray given = NDArray.ofFloats(TensorType.of(DType.F32, 4), 1, 2, 3, 4);
    NDArray result = NDArray.allocate(TensorType.of(DType.F32, 4));
    LoopInterpreter.run(
        new PrimFunc("f", List.of(in), List.of(out), body), List.of(given), List.of(result));
    return result;
  }

  private void faults(String message, Stmt body) {
    assertEquals(message, assertThrows(LoopFault.class, () -> run(body)).getMessage());
  }

  private static PrimExpr load(Buffer buffer, PrimExpr index) {
    return new Load(buffer, List.of(index));
  }

  private static Stmt store(Buffer buffer, PrimExpr index, PrimExpr value) {
    return new Stmt.Store(buffer, List.of(index), value);
  }

  @Test
  void everyOperationIsRoundedToItsType() {
    PrimExpr third = FloatImm.f32(1).dividedBy(load(in, IntImm.of(2)));
    NDArray result = run(loop(ForKind.SERIAL, 4, store(out, i, third.times(load(in, i)))));
    assertEquals((double) (1f / 3f * 4f), result.getDouble(3));
  }

  @Test
  void accessOutsideOfABufferNamesBufferIndexAndLoops() {
    faults(
        "read of in[4], which is outside of the buffer's [4] (i = 3)",
        loop(ForKind.SERIAL, 4, store(out, i, load(in, i.plus(1)))));
    faults(
        "write of out[4], which is outside of the buffer's [4] (i = 4)",
        loop(ForKind.SERIAL, 5, store(out, i, FloatImm.f32(0))));
  }

  @Test
  void readOfWhatWasNeverWrittenIsAFault() {
    Buffer local = Buffer.dense("local", DType.F32, Tensor.sizes(2), Scope.LOCAL);
    faults(
        "read of local[1], which was never written (i = 1)",
        new Stmt.Allocate(
            local,
            Stmt.seq(
                store(local, IntImm.of(0), FloatImm.f32(1)),
                loop(ForKind.SERIAL, 4, store(out, i, load(local, i))))));
  }

  @Test
  void parallelIterationsThatShareAnElementAreAFault() {
    LoopFault fault =
        assertThrows(
            LoopFault.class,
            () -> run(loop(ForKind.PARALLEL, 4, store(out, i.floorDiv(2), load(in, i)))));
    assertEquals(
        true, fault.getMessage().contains("written by another iteration of the parallel loop"));
  }

  @Test
  void outputNotWrittenWhollyIsAFault() {
    faults(
        "element 3 of output out[4] is never written",
        loop(ForKind.SERIAL, 3, store(out, i, load(in, i))));
  }
}
