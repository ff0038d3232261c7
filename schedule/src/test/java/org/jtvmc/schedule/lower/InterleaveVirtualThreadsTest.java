package org.jtvmc.schedule.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
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
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.SetScope;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Step;
import org.junit.jupiter.api.Test;

/** Virtual threads in step: what they share is done once, what differs is there for each. */
class InterleaveVirtualThreadsTest {
  private static final long DEPTH = 6;

  @Test
  void sharedMemoryIsFilledOnceForAllVirtualThreads() {
    ComputeDag dag = product(16, 8);
    for (long virtual : new long[] {1, 2, 4}) {
      Schedule schedule = Schedule.of(dag).apply(rows(16, virtual));
      Stmt body = Lowering.lower(schedule, "product").func().body();
      assertEquals(0, count(body, InterleaveVirtualThreadsTest::isVirtual), body::toString);
      assertEquals(1, count(body, InterleaveVirtualThreadsTest::fillsShared), body::toString);
      assertEquals(
          0,
          count(
              body,
              s ->
                  s instanceof Stmt.For loop
                      && loop.kind() == ForKind.UNROLLED
                      && count(loop, InterleaveVirtualThreadsTest::fillsShared) > 0),
          body::toString);
      assertEquals(
          2, count(body, s -> s instanceof Stmt.Evaluate(Effect.Barrier _)), body::toString);
      assertEquals(16 / 4, elements(body, "out.cache"), body::toString);
      new LoweredCheck(dag).check(schedule);
    }
  }

  /** A column is for two by two virtual threads, so that each thread has four sums of its own. */
  @Test
  void virtualThreadsOfSeveralAxesHaveMemoryForEachPair() {
    ComputeDag dag = product(8, 8);
    List<Step> steps =
        List.of(
            new CacheWrite("out"),
            new Split("out", "i0", List.of(4L)),
            new Split("out", "i1", List.of(4L)),
            new Reorder("out", List.of("i0.0", "i1.0", "i0.1", "i1.1")),
            new Bind("out", "i0.0", ThreadTag.VIRTUAL),
            new Bind("out", "i1.0", ThreadTag.VIRTUAL),
            new Bind("out", "i0.1", ThreadTag.THREAD_Y),
            new Bind("out", "i1.1", ThreadTag.THREAD_X),
            new ComputeAt("out.cache", "out", "i1.1"),
            new SetScope("out.cache", Scope.LOCAL));
    Schedule schedule = Schedule.of(dag).apply(steps);
    Stmt body = Lowering.lower(schedule, "product").func().body();
    assertEquals(0, count(body, InterleaveVirtualThreadsTest::isVirtual), body::toString);
    assertEquals(4, elements(body, "out.cache"), body::toString);
    new LoweredCheck(dag).check(schedule);
  }

  /**
   * The last rows belong to no virtual thread of some threads: their guard is evaluated for each.
   */
  @Test
  void guardsThatDifferBetweenVirtualThreadsAreKept() {
    for (long rows : new long[] {13, 15, 9}) {
      ComputeDag dag = product(rows, 8);
      Schedule schedule = Schedule.of(dag).apply(rows(16, 4));
      Stmt body = Lowering.lower(schedule, "product").func().body();
      assertEquals(0, count(body, InterleaveVirtualThreadsTest::isVirtual), body::toString);
      assertTrue(count(body, s -> s instanceof Stmt.If) > 0, body::toString);
      new LoweredCheck(dag).check(schedule);
    }
  }

  /** {@code out[i, j] = sum over k of x[i, k] * (w[k, j] + w[k, j])}. */
  private static ComputeDag product(long rows, long columns) {
    Tensor x = Tensor.placeholder("x", DType.F32, rows, DEPTH);
    Tensor w = Tensor.placeholder("w", DType.F32, DEPTH, columns);
    Tensor twice = Tensor.compute("twice", w.shape(), i -> w.at(i).plus(w.at(i)));
    Tensor out =
        Tensor.reduce(
            "out",
            Reducer.SUM,
            List.of(IntImm.of(rows), IntImm.of(columns)),
            List.of(IntImm.of(DEPTH)),
            (i, k) ->
                x.at(i.get(0), k.get(0)).times(twice.at(List.<PrimExpr>of(k.get(0), i.get(1)))));
    return ComputeDag.of(List.of(out));
  }

  /**
   * One block of 4 by 8 threads: so many virtual threads of neighbouring rows, and of {@code twice}
   * two rows at a time in shared memory.
   */
  private static List<Step> rows(long padded, long virtual) {
    return List.of(
        new CacheWrite("out"),
        new Split("out", "i0", List.of(4L, padded / 4 / virtual)),
        new Reorder("out", List.of("i0.0", "i0.1", "i1", "i0.2")),
        new Bind("out", "i0.0", ThreadTag.VIRTUAL),
        new Bind("out", "i0.1", ThreadTag.THREAD_Y),
        new Bind("out", "i1", ThreadTag.THREAD_X),
        new ComputeAt("out.cache", "out", "i1"),
        new SetScope("out.cache", Scope.LOCAL),
        new Split("out.cache", "r0", List.of(2L)),
        new Reorder("out.cache", List.of("r0.0", "r0.1", "i0", "i1")),
        new ComputeAt("twice", "out.cache", "r0.0"),
        new SetScope("twice", Scope.SHARED),
        new Bind("twice", "i0", ThreadTag.THREAD_Y),
        new Bind("twice", "i1", ThreadTag.THREAD_X));
  }

  private static boolean fillsShared(Stmt stmt) {
    return stmt instanceof Stmt.Store store && store.buffer().name().equals("twice");
  }

  private static boolean isVirtual(Stmt stmt) {
    return stmt instanceof Stmt.For loop && loop.tag().equals(Optional.of(ThreadTag.VIRTUAL));
  }

  private static int count(Stmt body, Predicate<Stmt> which) {
    List<Stmt> found = new ArrayList<>();
    Stmts.forEach(
        body,
        stmt -> {
          if (which.test(stmt)) {
            found.add(stmt);
          }
        });
    return found.size();
  }

  /** Of the local buffer of this name, which is there once. */
  private static long elements(Stmt body, String name) {
    List<Long> sizes = new ArrayList<>();
    Stmts.forEach(
        body,
        stmt -> {
          if (stmt instanceof Stmt.Allocate(Buffer buffer, _) && buffer.name().equals(name)) {
            sizes.add(
                buffer.shape().stream()
                    .mapToLong(size -> ((IntImm) size).value())
                    .reduce(1, Math::multiplyExact));
          }
        });
    assertEquals(1, sizes.size(), body::toString);
    return sizes.getFirst();
  }
}
