package org.jtvmc.codegen.emit;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.target.CudaTarget;

/**
 * Shared memory for the reductions of a block that happen once: as nobody writes there again, no
 * thread has to wait until all have read.
 */
final class ReductionScratch {
  private final SharedSpace space;
  private final int warps;
  private final Map<Effect.AllReduce, Long> places = new IdentityHashMap<>();

  /**
   * @param body of the entry, as it is going to be emitted
   * @param warps of a block
   */
  ReductionScratch(Stmt body, SharedSpace space, int warps) {
    this.space = space;
    this.warps = warps;
    reserve(body);
  }

  /** True where warps have to tell each other their results. */
  static boolean isAcrossWarps(Effect.AllReduce reduce) {
    return reduce.width() > CudaTarget.WARP;
  }

  /** What a result of each warp takes. */
  long bytes(Effect.AllReduce reduce) {
    return (long) warps * reduce.element().dtype().bytes();
  }

  private void reserve(Stmt stmt) {
    boolean repeats = stmt instanceof Stmt.For loop && loop.kind() != ForKind.THREAD;
    if (repeats) {
      return;
    }
    if (stmt instanceof Stmt.Evaluate(Effect.AllReduce reduce)
        && isAcrossWarps(reduce)
        && places.put(reduce, space.take(bytes(reduce))) != null) {
      throw new IllegalArgumentException("one reduction stands in the entry twice");
    }
    Stmts.children(stmt).forEach(this::reserve);
  }

  /** The first byte of a reduction's own place; empty where it may happen again. */
  OptionalLong of(Effect.AllReduce reduce) {
    Long place = places.get(reduce);
    return place == null ? OptionalLong.empty() : OptionalLong.of(place);
  }
}
