package org.jtvmc.ir.loop;

/** Where a buffer's elements live. */
public enum Scope {
  /** Memory that outlives the kernel (parameters), or is shared by all of its threads. */
  GLOBAL,
  /**
   * Memory of one thread: the stack, or a slice of the workspace where it is large. Where every
   * access has constant indices after unrolling, code generation keeps it in registers.
   */
  LOCAL,
  /** A GPU block's shared memory. */
  SHARED,
  /**
   * Global memory that is zero when the kernel begins, and again when it ends: how many blocks of a
   * GPU have come to a place ({@link Effect.CountBlock}).
   */
  COUNTER
}
