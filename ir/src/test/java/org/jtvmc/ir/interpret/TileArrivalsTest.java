package org.jtvmc.ir.interpret;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;

/** Four threads read a tile of two by two elements at the corner of a matrix of three by three. */
class TileArrivalsTest {
  private final Buffer input = Buffer.dense("x", DType.I32, Tensor.sizes(3, 3), Scope.GLOBAL);
  private final Buffer output = Buffer.dense("y", DType.I32, Tensor.sizes(4), Scope.GLOBAL);
  private final Buffer tile = Buffer.dense("tile", DType.I32, Tensor.sizes(2, 2), Scope.SHARED);
  private final Buffer ready = Buffer.dense("ready", DType.I64, Tensor.sizes(1), Scope.SHARED);
  private final Load arrival = new Load(ready, List.of(IntImm.of(0)));
  private final PrimVar thread = PrimVar.index("thread");

  private static Stmt evaluate(Effect effect) {
    return new Stmt.Evaluate(effect);
  }

  private static Stmt one(Stmt body) {
    return new Stmt.For(
        PrimVar.index("one"),
        IntImm.of(0),
        IntImm.of(1),
        ForKind.THREAD,
        Optional.of(ThreadTag.THREAD_X),
        body);
  }

  private Stmt open() {
    return Stmt.seq(one(evaluate(new Effect.OpenArrivals(arrival, 1))), barrier());
  }

  private static Stmt barrier() {
    return evaluate(new Effect.Barrier());
  }

  private Stmt expect(long bytes) {
    return one(evaluate(new Effect.ExpectTiles(arrival, bytes)));
  }

  private Stmt start(int row, int column) {
    Load first = new Load(tile, List.of(IntImm.of(0), IntImm.of(0)));
    Load source = new Load(input, List.of(IntImm.of(row), IntImm.of(column)));
    return one(evaluate(new Effect.StartTile(first, source, List.of(2L, 2L), arrival)));
  }

  private Stmt await(int parity) {
    return evaluate(new Effect.AwaitTiles(arrival, IntImm.of(parity)));
  }

  private Stmt read() {
    Load element = new Load(tile, List.of(thread.floorDiv(2), thread.floorMod(2)));
    return new Stmt.Store(output, List.of(thread), element);
  }

  private double[] run(Stmt... statements) {
    Stmt body = new Stmt.Allocate(tile, new Stmt.Allocate(ready, Stmt.seq(List.of(statements))));
    Stmt threads =
        new Stmt.For(
            thread,
            IntImm.of(0),
            IntImm.of(4),
            ForKind.THREAD,
            Optional.of(ThreadTag.THREAD_X),
            body);
    NDArray x = NDArray.allocate(TensorType.of(DType.I32, 3, 3));
    for (int i = 0; i < 9; i++) {
      x.setDouble(i, i + 1);
    }
    NDArray y = NDArray.allocate(TensorType.of(DType.I32, 4));
    LoopInterpreter.run(
        new PrimFunc("f", List.of(input), List.of(output), threads), List.of(x), List.of(y));
    double[] values = new double[4];
    for (int i = 0; i < values.length; i++) {
      values[i] = y.getDouble(i);
    }
    return values;
  }

  private void assertFault(String sentence, Stmt... statements) {
    String message = assertThrows(LoopFault.class, () -> run(statements)).getMessage();
    assertTrue(message.contains(sentence), message);
  }

  @Test
  void aTileArrivesWithZerosBeyondTheTensor() {
    assertArrayEquals(
        new double[] {5, 6, 8, 9},
        run(open(), expect(16), start(1, 1), await(0), barrier(), read()));
    assertArrayEquals(
        new double[] {6, 0, 9, 0},
        run(open(), expect(16), start(1, 2), await(0), barrier(), read()));
  }

  @Test
  void phasesFollowEachOther() {
    assertArrayEquals(
        new double[] {1, 2, 4, 5},
        run(
            open(),
            expect(16),
            start(1, 1),
            await(0),
            barrier(),
            expect(16),
            start(0, 0),
            await(1),
            barrier(),
            read()));
  }

  @Test
  void whoDoesNotWaitIsReported() {
    String early = "is being copied: its thread has not waited for it";
    assertFault(early, open(), expect(16), start(1, 1), barrier(), read(), await(0));
    // The phase before this one is over: there is nothing to wait for.
    assertFault(early, open(), expect(16), start(1, 1), await(1), barrier(), read());
    assertFault(
        "is written by another thread with no barrier between",
        open(),
        expect(16),
        start(1, 1),
        await(0),
        read());
    assertFault("a block ends while a tile", open(), expect(16), start(1, 1));
  }

  @Test
  void whatNeverArrivesIsReported() {
    assertFault(
        "a thread waits for ever at ready[0]: 20 bytes are expected there, and 16 are under way",
        open(),
        expect(20),
        start(1, 1),
        await(0));
    assertFault("0 bytes are expected there, and 16 are under way", open(), start(1, 1), await(0));
    assertFault("a phase is told twice what it brings", open(), expect(16), expect(16));
    assertFault("it was not opened", expect(16));
    assertFault(
        "is closed while tiles are under way",
        open(),
        expect(16),
        start(1, 1),
        one(evaluate(new Effect.CloseArrivals(arrival, 1))));
  }
}
