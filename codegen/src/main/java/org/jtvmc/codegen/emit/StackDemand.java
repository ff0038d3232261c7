package org.jtvmc.codegen.emit;

import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.target.CpuTarget;

/**
 * What a kernel for a CPU needs of each thread's stack, told from its loops: a search need not
 * generate code to find out that there is not so much.
 */
public final class StackDemand {
  /** Smaller buffers may be in registers. */
  private static final long LEAST_BYTES = 4L << 10;

  private StackDemand() {}

  /** True where generating code is certain to fail, for want of stack. */
  public static boolean isTooMuch(PrimFunc kernel) {
    return bytes(kernel.body(), false) > CpuTarget.MOST_STACK_BYTES;
  }

  /** The most bytes that are certain to be alive at once. */
  private static long bytes(Stmt stmt, boolean inParallel) {
    boolean inside =
        inParallel
            || (stmt instanceof Stmt.For loop
                && loop.kind() == ForKind.PARALLEL
                && !(loop.extent() instanceof IntImm extent && extent.value() == 1));
    long most = 0;
    for (Stmt child : Stmts.children(stmt)) {
      most = Math.max(most, bytes(child, inside));
    }
    return most + (inside && stmt instanceof Stmt.Allocate own ? bytes(own.buffer()) : 0);
  }

  private static long bytes(Buffer buffer) {
    boolean isKnown =
        buffer.shape().stream().allMatch(IntImm.class::isInstance)
            && buffer.strides().stream().allMatch(IntImm.class::isInstance);
    long bytes = isKnown ? LocalMemory.bytes(buffer) : 0;
    return bytes < LEAST_BYTES ? 0 : bytes;
  }
}
