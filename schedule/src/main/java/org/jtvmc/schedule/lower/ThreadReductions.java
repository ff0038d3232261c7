package org.jtvmc.schedule.lower;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.schedule.ScheduleException;

/**
 * A reduction whose reduce loop is bound to threads: each combines its own share, then all combine
 * theirs.
 *
 * <pre>
 *   own[] = 0
 *   for k.0 { threadIdx.x for k.1 { own[] = own[] + x[k] } }
 *   all_reduce own[]
 *   threadIdx.x for only in 0..1 { sum[i] = own[] }
 * </pre>
 *
 * A result in the threads' own memory is there in every one of them.
 */
final class ThreadReductions {
  private ThreadReductions() {}

  /** True where several threads reduce together. */
  static boolean isOne(StageNest nest) {
    return nest.leaves.stream().anyMatch(ThreadReductions::isShared);
  }

  private static boolean isShared(StageNest.Leaf leaf) {
    return leaf.loop().isReduce() && leaf.kind() == ForKind.THREAD;
  }

  /** The number of threads that share a result. */
  private static int width(StageNest nest) {
    long width = 1;
    for (int i = 0; i < nest.leaves.size(); i++) {
      StageNest.Leaf leaf = nest.leaves.get(i);
      if (i > nest.firstReduce() && !leaf.loop().isReduce() && leaf.extent() > 1) {
        throw new ScheduleException(
            "loop '%s' is inside a reduction that threads share".formatted(leaf.loop().id()),
            nest.stage,
            leaf.loop().id());
      }
      if (isShared(leaf)) {
        if (!leaf.tag().equals(Optional.of(ThreadTag.THREAD_X))) {
          throw new ScheduleException(
              "a reduce loop can be bound to threadIdx.x only", nest.stage, leaf.loop().id());
        }
        width *= leaf.extent();
      }
    }
    return Math.toIntExact(width);
  }

  /** Each thread's own partial result: an element of its own memory. */
  static Load partial(StageNest nest) {
    Buffer own =
        Buffer.dense(
            nest.stage.id() + "_own", nest.stage.op().dtype(), List.of(IntImm.of(1)), Scope.LOCAL);
    return new Load(own, List.of(IntImm.of(0)));
  }

  /**
   * @param loops all reduce loops around the step of a thread
   * @param result where the result goes
   */
  static Stmt complete(StageNest nest, Load partial, Stmt loops, Load result) {
    Reducer reducer = nest.stage.op().reducer().orElseThrow();
    Stmt start =
        new Stmt.Store(partial.buffer(), partial.indices(), reducer.identity(partial.dtype()));
    Stmt all = new Stmt.Evaluate(new Effect.AllReduce(reducer.op(), partial, width(nest)));
    Stmt store = new Stmt.Store(result.buffer(), result.indices(), partial);
    boolean everywhere = result.buffer().scope() == Scope.LOCAL;
    Stmt end =
        everywhere
            ? store
            : new Stmt.For(
                PrimVar.index("only"),
                IntImm.of(0),
                IntImm.of(1),
                ForKind.THREAD,
                Optional.of(ThreadTag.THREAD_X),
                store);
    return new Stmt.Allocate(partial.buffer(), Stmt.seq(start, loops, all, end));
  }
}
