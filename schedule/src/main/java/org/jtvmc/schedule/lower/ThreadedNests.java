package org.jtvmc.schedule.lower;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;

/** What is done to a nest at the root that is bound to a GPU's threads, once it is written out. */
final class ThreadedNests {
  private ThreadedNests() {}

  /**
   * The nest with the waiting that its threads need; any other nest as it is.
   *
   * @param unguarded buffers of single threads that may be written where the result does not exist
   */
  static Stmt finish(Stmt nest, Set<Buffer> unguarded) {
    Map<ThreadTag, Long> extents = new EnumMap<>(ThreadTag.class);
    Stmts.forEach(
        nest,
        stmt -> {
          if (stmt instanceof Stmt.For loop
              && loop.tag().isPresent()
              && loop.extent() instanceof IntImm extent) {
            extents.merge(loop.tag().get(), extent.value(), Math::max);
          }
        });
    if (extents.isEmpty()) {
      return nest;
    }
    Stmt interleaved = InterleaveVirtualThreads.in(SinkThreadGuards.in(nest, unguarded));
    Stmt whole = withWholeWarps(interleaved, extents);
    return PlaceBarriers.in(PrivateBuffers.in(whole, extents), extents);
  }

  /**
   * All threads of {@code threadIdx.x} take part in a reduction, those without a share of their own
   * with the neutral element; they are a power of two within a warp, or whole warps.
   */
  private static Stmt withWholeWarps(Stmt nest, Map<ThreadTag, Long> extents) {
    long threads = extents.getOrDefault(ThreadTag.THREAD_X, 1L);
    long width =
        threads > CudaTarget.WARP
            ? Math.ceilDiv(threads, CudaTarget.WARP) * CudaTarget.WARP
            : Long.highestOneBit(2 * threads - 1);
    return Stmts.rewrite(
        nest,
        stmt -> {
          if (!(stmt instanceof Stmt.Evaluate(Effect.AllReduce reduce))) {
            return stmt;
          }
          extents.put(ThreadTag.THREAD_X, width);
          return new Stmt.For(
              PrimVar.index("all"),
              IntImm.of(0),
              IntImm.of(width),
              ForKind.THREAD,
              Optional.of(ThreadTag.THREAD_X),
              new Stmt.Evaluate(
                  new Effect.AllReduce(reduce.op(), reduce.element(), Math.toIntExact(width))));
        },
        expr -> expr);
  }
}
