package org.jtvmc.codegen.emit;

import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.target.CudaTarget;

/**
 * Shares out the shared memory of a block: what is not allocated at once lies in the same bytes.
 * Places are taken and given back in the order of the program, the last taken first.
 */
public final class SharedSpace {
  private static final int ALIGNMENT = 128;

  /** Where the order of the groups in swizzled lines begins anew. */
  private static final int SWIZZLED_ALIGNMENT = SwizzledPlace.LINES * Buffer.LINE_BYTES;

  private int alignment = ALIGNMENT;
  private long used;
  private long most;

  /**
   * The shared memory that a block of a launch takes, in bytes: what the launch's code will have
   * and be given.
   *
   * @param nest the launch's loops
   * @throws org.jtvmc.codegen.CodegenException where a shared buffer or a loop over threads has no
   *     constant size
   */
  public static long bytes(Stmt nest) {
    SharedSpace space = new SharedSpace();
    int warps = Math.ceilDiv(DeviceEntry.threads(DeviceEntry.extents(nest)), CudaTarget.WARP);
    space.walk(nest, new ReductionScratch(nest, space, warps));
    return space.most;
  }

  private void walk(Stmt stmt, ReductionScratch scratch) {
    long around = used;
    if (stmt instanceof Stmt.Allocate(Buffer buffer, _) && buffer.scope() == Scope.SHARED) {
      take(buffer);
    }
    if (stmt instanceof Stmt.Evaluate(Effect.AllReduce reduce)
        && ReductionScratch.isAcrossWarps(reduce)
        && scratch.of(reduce).isEmpty()) {
      take(scratch.bytes(reduce));
    }
    Stmts.children(stmt).forEach(child -> walk(child, scratch));
    giveBack(around);
  }

  /** The first byte of a buffer that is allocated now. */
  long take(Buffer buffer) {
    if (buffer.isSwizzled()) {
      alignment = SWIZZLED_ALIGNMENT;
      used = Math.ceilDiv(used, alignment) * alignment;
    }
    return take(LocalMemory.bytes(buffer));
  }

  /** The first of {@code bytes} that are taken now. */
  long take(long bytes) {
    long place = used;
    used += Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT;
    most = Math.max(most, used);
    return place;
  }

  /** Where what is taken next begins, before it is aligned. */
  long used() {
    return used;
  }

  /**
   * Gives back what was taken since.
   *
   * @param before what {@link #used} was then
   */
  void giveBack(long before) {
    used = before;
  }

  /** The bytes that were taken at once at most. */
  long most() {
    return most;
  }

  /** What the address of the first byte must be a multiple of, for what has been taken so far. */
  int alignment() {
    return alignment;
  }
}
