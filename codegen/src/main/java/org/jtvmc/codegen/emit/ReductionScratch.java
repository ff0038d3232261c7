package org.jtvmc.codegen.emit;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
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
  private final GpuMemory memory;
  private final int warps;
  private final Map<Effect.AllReduce, LLVMValueRef> places = new IdentityHashMap<>();

  /**
   * @param body of the entry, as it is going to be emitted
   * @param warps of a block
   */
  ReductionScratch(Stmt body, GpuMemory memory, int warps) {
    this.memory = memory;
    this.warps = warps;
    reserve(body);
  }

  private void reserve(Stmt stmt) {
    boolean repeats = stmt instanceof Stmt.For loop && loop.kind() != ForKind.THREAD;
    if (repeats) {
      return;
    }
    if (stmt instanceof Stmt.Evaluate(Effect.AllReduce reduce)
        && reduce.width() > CudaTarget.WARP) {
      long bytes = (long) warps * reduce.element().dtype().bytes();
      if (places.put(reduce, memory.reserve(bytes)) != null) {
        throw new IllegalArgumentException("one reduction stands in the entry twice");
      }
    }
    Stmts.children(stmt).forEach(this::reserve);
  }

  /** A reduction's own place for a result of each warp; empty where it may happen again. */
  Optional<LLVMValueRef> of(Effect.AllReduce reduce) {
    return Optional.ofNullable(places.get(reduce));
  }
}
