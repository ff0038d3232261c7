package org.jtvmc.codegen.emit;

import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Scope;

/**
 * Gives memory to the buffers of one kernel that do not fit registers: on the stack of the thread
 * that uses them, or in the workspace, whose size is the most that is alive at once.
 */
final class LocalMemory {
  /** Larger buffers of the kernel's own thread go to the workspace. */
  private static final long MOST_ON_STACK = 64L << 10;

  private static final int ALIGNMENT = 64;

  private final LLVMValueRef workspace;
  private long used;
  private long most;

  /**
   * @param workspace the kernel's parameter
   */
  LocalMemory(LLVMValueRef workspace) {
    this.workspace = workspace;
  }

  /** Bytes of workspace that the kernel needs. */
  long workspaceBytes() {
    return most;
  }

  /**
   * Places {@code buffer} until the result is closed.
   *
   * @param inParallel true where several threads each have their own
   */
  Environment.Scope allocate(Buffer buffer, EmitContext context, boolean inParallel) {
    long bytes = bytes(buffer);
    boolean onStack = inParallel || (buffer.scope() == Scope.LOCAL && bytes <= MOST_ON_STACK);
    if (onStack && (inParallel || context.stack.fits(bytes))) {
      return context.stack.allocate(
          bytes, buffer.name(), context, base -> context.place(buffer, new Storage.Memory(base)));
    }
    long offset = used;
    used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    most = Math.max(most, used);
    LLVMValueRef base =
        context.ir.pointer(context.ir.types().integer(8), workspace, context.ir.int64(offset));
    context.place(buffer, new Storage.Memory(base));
    return () -> used = offset;
  }

  /** From the first element to the last, by the strides. */
  static long bytes(Buffer buffer) {
    long last = 0;
    for (int axis = 0; axis < buffer.rank(); axis++) {
      long size = constant(buffer, buffer.shape().get(axis));
      last += Math.max(0, size - 1) * constant(buffer, buffer.strides().get(axis));
    }
    return (last + 1) * buffer.dtype().bytes();
  }

  private static long constant(Buffer buffer, PrimExpr expr) {
    if (expr instanceof IntImm imm) {
      return imm.value();
    }
    throw new CodegenException("buffer " + buffer + " has no constant size: " + expr);
  }
}
