package org.jtvmc.ir.interpret;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
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

/**
 * Six blocks of two threads: blocks {@code b} and {@code b + 3} and their threads write parts,
 * which the last of the two adds up.
 */
class CountedBlocksTest {
  private static final int GROUPS = 3;
  private static final int THREADS = 2;

  private final Buffer input = Buffer.dense("x", DType.I32, Tensor.sizes(12), Scope.GLOBAL);
  private final Buffer output = Buffer.dense("y", DType.I32, Tensor.sizes(6), Scope.GLOBAL);
  private final Buffer parts = Buffer.dense("parts", DType.I32, Tensor.sizes(12), Scope.GLOBAL);
  private final Buffer counter = Buffer.dense("n", DType.I32, Tensor.sizes(3), Scope.COUNTER);
  private final Buffer flag = Buffer.dense("last", DType.I32, Tensor.sizes(1), Scope.SHARED);
  private final Load last = new Load(flag, List.of(IntImm.of(0)));
  private final PrimVar block = PrimVar.index("block");
  private final PrimVar thread = PrimVar.index("thread");

  private static Stmt loop(PrimVar variable, long extent, ThreadTag tag, Stmt body) {
    return new Stmt.For(
        variable, IntImm.of(0), IntImm.of(extent), ForKind.THREAD, Optional.of(tag), body);
  }

  private Stmt count(int blocks) {
    Load own = new Load(counter, List.of(block.floorMod(GROUPS)));
    return new Stmt.Evaluate(new Effect.CountBlock(own, blocks, last));
  }

  private Stmt write() {
    PrimExpr place = block.times(THREADS).plus(thread);
    return new Stmt.Store(parts, List.of(place), new Load(input, List.of(place)));
  }

  /** Each thread adds what the other thread of both blocks has written. */
  private Stmt add() {
    PrimExpr place = block.floorMod(GROUPS).times(THREADS).plus(IntImm.of(1)).minus(thread);
    Load first = new Load(parts, List.of(place));
    Load second = new Load(parts, List.of(place.plus(GROUPS * THREADS)));
    return new Stmt.Store(output, List.of(place), first.plus(second));
  }

  private Stmt ifLast(Stmt body) {
    PrimExpr condition = Compare.of(Compare.Op.EQUAL, last, IntImm.of(DType.I32, 1));
    return new Stmt.If(condition, body, Optional.empty(), false);
  }

  private double[] run(long seed, Stmt... statements) {
    Stmt body = new Stmt.Allocate(flag, Stmt.seq(List.of(statements)));
    Stmt threads = loop(thread, THREADS, ThreadTag.THREAD_X, body);
    Stmt blocks = loop(block, 2L * GROUPS, ThreadTag.BLOCK_X, threads);
    Stmt all = new Stmt.Allocate(parts, new Stmt.Allocate(counter, blocks));
    NDArray x = NDArray.allocate(TensorType.of(DType.I32, 12));
    for (int i = 0; i < 12; i++) {
      x.setDouble(i, 1 << i);
    }
    NDArray y = NDArray.allocate(TensorType.of(DType.I32, 6));
    LoopInterpreter.run(
        new PrimFunc("f", List.of(input), List.of(output), all),
        List.of(x),
        List.of(y),
        Map.of(),
        seed);
    double[] results = new double[6];
    for (int i = 0; i < results.length; i++) {
      results[i] = y.getDouble(i);
    }
    return results;
  }

  private void assertFault(String expected, Stmt... statements) {
    String message = assertThrows(LoopFault.class, () -> run(1, statements)).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void theLastBlockSeesWhatTheOthersWrote() {
    double[] expected = {1 + 64, 2 + 128, 4 + 256, 8 + 512, 16 + 1024, 32 + 2048};
    for (long seed = 0; seed < 5; seed++) {
      assertArrayEquals(expected, run(seed, write(), count(2), ifLast(add())));
    }
  }

  @Test
  void otherBlocksDoNot() {
    assertFault("was never written", write(), count(2), add());
  }

  @Test
  void whatIsWrittenAfterCountingIsNotSeen() {
    assertFault("written by another thread", count(2), write(), ifLast(add()));
  }

  @Test
  void allBlocksOfAGroupCome() {
    assertFault("not zero at the end", write(), count(4), zero());
  }

  private Stmt zero() {
    PrimExpr place = block.floorMod(GROUPS).times(THREADS).plus(thread);
    return new Stmt.If(
        Compare.of(Compare.Op.LESS, block, IntImm.of(GROUPS)),
        new Stmt.Store(output, List.of(place), IntImm.of(DType.I32, 0)),
        Optional.empty(),
        false);
  }
}
