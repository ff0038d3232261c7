package org.jtvmc.ir.interpret;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
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

class BlockInterpreterTest {
  private final Buffer output = buffer("out", 8, Scope.GLOBAL);
  private final Buffer shared = buffer("shared", 4, Scope.SHARED);
  private final PrimVar block = PrimVar.index("block");
  private final PrimVar thread = PrimVar.index("thread");
  private final PrimExpr element = block.times(4).plus(thread);

  private static Buffer buffer(String name, long size, Scope scope) {
    return Buffer.dense(name, DType.I32, Tensor.sizes(size), scope);
  }

  private static Stmt threads(PrimVar variable, long extent, ThreadTag tag, Stmt body) {
    return new Stmt.For(
        variable, IntImm.of(0), IntImm.of(extent), ForKind.THREAD, Optional.of(tag), body);
  }

  private static PrimExpr number(PrimExpr index) {
    return Cast.of(DType.I32, index);
  }

  private static Stmt barrier() {
    return new Stmt.Evaluate(new Effect.Barrier());
  }

  /** Two blocks of four threads. */
  private double[] run(Stmt body) {
    Stmt nest = threads(block, 2, ThreadTag.BLOCK_X, threads(thread, 4, ThreadTag.THREAD_X, body));
    NDArray result = NDArray.allocate(TensorType.of(DType.I32, 8));
    LoopInterpreter.run(
        new PrimFunc("f", List.of(), List.of(output), nest), List.of(), List.of(result));
    double[] values = new double[8];
    for (int i = 0; i < values.length; i++) {
      values[i] = result.getDouble(i);
    }
    return values;
  }

  private void assertFault(String sentence, Stmt body) {
    String message = assertThrows(LoopFault.class, () -> run(body)).getMessage();
    assertTrue(message.contains(sentence), message);
  }

  private Stmt write(Buffer buffer, PrimExpr index, PrimExpr value) {
    return new Stmt.Store(buffer, List.of(index), value);
  }

  /** Each thread gives its number to its neighbour through shared memory. */
  private Stmt exchange(Stmt between) {
    PrimExpr neighbour = thread.plus(1).floorMod(4);
    return new Stmt.Allocate(
        shared,
        Stmt.seq(
            write(shared, thread, number(element)),
            between,
            write(output, element, new Load(shared, List.of(neighbour)))));
  }

  @Test
  void threadsExchangeValuesAroundABarrier() {
    assertArrayEquals(new double[] {1, 2, 3, 0, 5, 6, 7, 4}, run(exchange(barrier())));
  }

  @Test
  void aMissingBarrierIsARace() {
    assertFault("is written by another thread with no barrier between", exchange(Stmt.nothing()));
  }

  @Test
  void aBarrierBeforeTheNextWriteIsNeededToo() {
    Stmt again =
        Stmt.seq(
            write(shared, thread, number(element)),
            barrier(),
            write(output, element, new Load(shared, List.of(thread.plus(1).floorMod(4)))),
            write(shared, thread, IntImm.of(DType.I32, 0)));
    assertFault(
        "is read by another thread with no barrier between", new Stmt.Allocate(shared, again));
  }

  @Test
  void blocksThatWriteOneElementRace() {
    assertFault("is written by another thread", write(output, thread, number(block)));
  }

  @Test
  void aBarrierToWhichSomeThreadsDoNotComeIsDivergent() {
    Stmt some = new Stmt.If(thread.lessThan(3), barrier(), Optional.empty(), false);
    assertFault("only 3 of 4 threads come to: barrier", exchange(some));
  }

  @Test
  void anAccessBeyondTheEndNamesThreadAndBlock() {
    assertFault(
        "outside of the buffer's [8] (block = ",
        write(output, element.plus(1), IntImm.of(DType.I32, 0)));
  }

  @Test
  void aNestedLoopOfTheSameThreadsHasTheSameIndex() {
    PrimVar again = PrimVar.index("again");
    Stmt inner =
        threads(again, 2, ThreadTag.THREAD_X, write(output, element, number(again.plus(10))));
    Stmt body = Stmt.seq(write(output, element, IntImm.of(DType.I32, 0)), inner);
    assertArrayEquals(new double[] {10, 11, 0, 0, 10, 11, 0, 0}, run(body));
  }

  /** Each thread copies a number to shared memory while it goes on. */
  private double[] copied(Stmt... between) {
    Buffer source = buffer("source", 8, Scope.GLOBAL);
    Stmt copy = new Stmt.Store(shared, List.of(thread), new Load(source, List.of(element)), true);
    List<Stmt> all = new ArrayList<>(List.of(copy));
    all.addAll(List.of(between));
    all.add(write(output, element, new Load(shared, List.of(thread.plus(1).floorMod(4)))));
    Stmt nest =
        threads(
            block,
            2,
            ThreadTag.BLOCK_X,
            threads(thread, 4, ThreadTag.THREAD_X, new Stmt.Allocate(shared, Stmt.seq(all))));
    NDArray given = NDArray.allocate(TensorType.of(DType.I32, 8));
    NDArray result = NDArray.allocate(TensorType.of(DType.I32, 8));
    for (int i = 0; i < 8; i++) {
      given.setLong(i, i + 10L);
    }
    LoopInterpreter.run(
        new PrimFunc("f", List.of(source), List.of(output), nest), List.of(given), List.of(result));
    return IntStream.range(0, 8).mapToDouble(result::getDouble).toArray();
  }

  private static Stmt commit() {
    return new Stmt.Evaluate(new Effect.CommitCopies());
  }

  private static Stmt await(int pending) {
    return new Stmt.Evaluate(new Effect.AwaitCopies(pending));
  }

  private void assertCopyFault(String sentence, Stmt... between) {
    String message = assertThrows(LoopFault.class, () -> copied(between)).getMessage();
    assertTrue(message.contains(sentence), message);
  }

  @Test
  void copiesAreThereAfterWaitingAndABarrier() {
    assertArrayEquals(
        new double[] {11, 12, 13, 10, 15, 16, 17, 14}, copied(commit(), await(0), barrier()));
    assertArrayEquals(
        new double[] {11, 12, 13, 10, 15, 16, 17, 14},
        copied(commit(), commit(), await(1), barrier()));
  }

  @Test
  void copiesThatWereNotWaitedForAreNotTouched() {
    String sentence = "is being copied: its thread has not waited for it";
    assertCopyFault(sentence, commit(), barrier());
    assertCopyFault(sentence, commit(), await(1), barrier());
    assertCopyFault(sentence, await(0), barrier(), commit());
  }

  @Test
  void waitingMakesCopiesVisibleToTheThreadAlone() {
    assertCopyFault("is written by another thread with no barrier between", commit(), await(0));
    assertCopyFault(
        "is written by another thread with no barrier between", commit(), barrier(), await(0));
  }

  /** Each thread adds what another has written to a sum of its own, while it goes on. */
  private Stmt multiplied(Stmt... after) {
    Buffer own = buffer("own", 1, Scope.LOCAL);
    Load sum = new Load(own, List.of(IntImm.of(0)));
    Load factor = new Load(shared, List.of(thread.plus(1).floorMod(4)));
    List<Stmt> all =
        new ArrayList<>(
            List.of(
                write(shared, thread, number(element)),
                write(own, IntImm.of(0), IntImm.of(DType.I32, 10)),
                barrier(),
                new Stmt.Evaluate(new Effect.StartProducts()),
                write(own, IntImm.of(0), sum.plus(factor))));
    all.addAll(List.of(after));
    all.add(write(output, element, sum));
    return new Stmt.Allocate(shared, new Stmt.Allocate(own, Stmt.seq(all)));
  }

  private static Stmt closeProducts() {
    return new Stmt.Evaluate(new Effect.CommitProducts());
  }

  private static Stmt awaitProducts(int pending) {
    return new Stmt.Evaluate(new Effect.AwaitProducts(pending));
  }

  @Test
  void sumsOfProductsAreThereAfterWaiting() {
    assertArrayEquals(
        new double[] {11, 12, 13, 10, 15, 16, 17, 14},
        run(multiplied(closeProducts(), awaitProducts(0))));
  }

  @Test
  void productsThatWereNotWaitedForAreNotTouched() {
    String sum = "is the sum of products: its thread has not waited for them";
    assertFault(sum, multiplied(closeProducts()));
    assertFault(sum, multiplied(closeProducts(), awaitProducts(1)));
    Stmt overwrite = write(shared, thread, IntImm.of(DType.I32, 0));
    assertFault(
        "is read by products that were not waited for",
        multiplied(closeProducts(), barrier(), overwrite));
    assertFault(
        "is read by another thread with no barrier between",
        multiplied(closeProducts(), awaitProducts(0), overwrite));
    assertFault("a block ends while products are under way", multiplied());
  }

  @Test
  void groupsOfThreadsCombineTheirElements() {
    Buffer own = buffer("own", 1, Scope.LOCAL);
    Load value = new Load(own, List.of(IntImm.of(0)));
    Stmt body =
        new Stmt.Allocate(
            own,
            Stmt.seq(
                write(own, IntImm.of(0), number(element)),
                new Stmt.Evaluate(new Effect.AllReduce(BinaryOp.ADD, value, 2)),
                write(output, element, value)));
    assertArrayEquals(new double[] {1, 1, 5, 5, 9, 9, 13, 13}, run(body));
  }
}
