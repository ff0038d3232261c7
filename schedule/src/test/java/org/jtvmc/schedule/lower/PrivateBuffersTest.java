package org.jtvmc.schedule.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.SetScope;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;
import org.junit.jupiter.api.Test;

/** What is kept between threads, and what each may keep for itself. */
class PrivateBuffersTest {
  private static final long ROW = 96;

  @Test
  void whatAThreadAloneTouchesIsItsOwn() {
    assertOwn(true, rows(false), shared(8, 8));
  }

  @Test
  void whatAnotherThreadReadsIsShared() {
    assertOwn(false, rows(true), shared(8, 8));
  }

  @Test
  void threadsThatTakeOtherElementsWhenTheyReadShareThem() {
    assertOwn(false, rows(false), shared(8, 4));
  }

  @Test
  void whatNoRegisterIsForIsShared() {
    List<Step> steps = shared(8, 8).stream().filter(step -> !(step instanceof Unroll)).toList();
    assertOwn(false, rows(false), steps);
  }

  /** Rows of threads each reduce a row, for what all of them keep in shared memory. */
  @Test
  void eachRowOfThreadsHasItsOwnSum() {
    Tensor x = Tensor.placeholder("x", DType.F32, 16, 32);
    Tensor sum =
        Tensor.reduce(
            "sum",
            Reducer.SUM,
            x.shape().subList(0, 1),
            x.shape().subList(1, 2),
            (i, k) -> x.at(i.get(0), k.get(0)));
    Tensor scaled = Tensor.compute("scaled", x.shape(), i -> x.at(i).times(sum.at(i.get(0))));
    Tensor out = Tensor.compute("out", x.shape(), i -> scaled.at(i).plus(scaled.at(i)));
    ComputeDag dag = ComputeDag.of(List.of(out));
    Schedule schedule =
        Schedule.of(dag)
            .apply(
                List.of(
                    new Split("out", "i0", List.of(8L)),
                    new Bind("out", "i0.0", ThreadTag.BLOCK_X),
                    new Bind("out", "i0.1", ThreadTag.THREAD_Y),
                    new Bind("out", "i1", ThreadTag.THREAD_X),
                    new ComputeAt("scaled", "out", "i0.1"),
                    new SetScope("scaled", Scope.SHARED),
                    new Bind("scaled", "i0", ThreadTag.THREAD_Y),
                    new Bind("scaled", "i1", ThreadTag.THREAD_X),
                    new ComputeAt("sum", "out", "i0.1"),
                    new Bind("sum", "i0", ThreadTag.THREAD_Y),
                    new Bind("sum", "r0", ThreadTag.THREAD_X)));
    Stmt body = Lowering.lower(schedule, "rows").func().body();
    Stmts.forEach(
        body,
        stmt -> {
          if (stmt instanceof Stmt.Allocate(Buffer buffer, _)) {
            assertEquals(Scope.LOCAL, buffer.scope(), body::toString);
            assertEquals(List.of(IntImm.of(1)), buffer.shape(), body::toString);
          }
        });
    new LoweredCheck(dag).check(schedule);
  }

  private static void assertOwn(boolean own, ComputeDag dag, List<Step> steps) {
    Schedule schedule = Schedule.of(dag).apply(steps);
    Stmt body = Lowering.lower(schedule, "rows").func().body();
    int[] shared = {0};
    int[] barriers = {0};
    long[] local = {0};
    Stmts.forEach(
        body,
        stmt -> {
          if (stmt instanceof Stmt.Allocate allocate && allocate.buffer().name().equals("twice")) {
            shared[0] += allocate.buffer().scope() == Scope.SHARED ? 1 : 0;
            local[0] += ((IntImm) allocate.buffer().shape().getLast()).value();
          }
          barriers[0] += stmt instanceof Stmt.Evaluate(Effect.Barrier _) ? 1 : 0;
        });
    assertEquals(own ? 0 : 1, shared[0], body::toString);
    assertEquals(own ? 0 : 1, barriers[0], body::toString);
    assertEquals(own ? ROW / 8 : ROW, local[0]);
    new LoweredCheck(dag).check(schedule);
  }

  /** Rows, doubled and then squared; backwards where {@code turned}. */
  private static ComputeDag rows(boolean turned) {
    Tensor x = Tensor.placeholder("x", DType.F32, 5, ROW);
    Tensor twice = Tensor.compute("twice", x.shape(), i -> x.at(i).plus(x.at(i)));
    Tensor out =
        Tensor.compute(
            "out",
            x.shape(),
            i -> {
              PrimExpr column = turned ? IntImm.of(ROW - 1).minus(i.get(1)) : i.get(1);
              PrimExpr element = twice.at(List.of(i.get(0), column));
              return element.times(element);
            });
    return ComputeDag.of(List.of(out));
  }

  /** A row a block, in vectors of four, by so many threads. */
  private static List<Step> shared(long writers, long readers) {
    return List.of(
        new Bind("out", "i0", ThreadTag.BLOCK_X),
        new Split("out", "i1", List.of(readers, 4L)),
        new Vectorize("out", "i1.2"),
        new Bind("out", "i1.1", ThreadTag.THREAD_X),
        new Unroll("out", "i1.0"),
        new ComputeAt("twice", "out", "i0"),
        new SetScope("twice", Scope.SHARED),
        new Split("twice", "i1", List.of(writers, 4L)),
        new Vectorize("twice", "i1.2"),
        new Bind("twice", "i1.1", ThreadTag.THREAD_X),
        new Unroll("twice", "i1.0"));
  }
}
