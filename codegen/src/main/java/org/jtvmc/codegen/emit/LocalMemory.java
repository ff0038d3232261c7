package org.jtvmc.codegen.emit;

import java.util.function.Function;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.SizeRange;

/**
 * Gives memory to the buffers of one kernel that do not fit registers: on the stack of the thread
 * that uses them, or in the workspace, whose size is the most that is alive at once.
 */
final class LocalMemory {
  /** Larger buffers of the kernel's own thread go to the workspace. */
  private static final long MOST_ON_STACK = 64L << 10;

  private static final int ALIGNMENT = 64;

  private final LLVMValueRef workspace;
  private Dim used = Dim.of(0);
  private Dim most = Dim.of(0);

  /**
   * @param workspace the kernel's parameter
   */
  LocalMemory(LLVMValueRef workspace) {
    this.workspace = workspace;
  }

  /** Bytes of workspace that the kernel needs, in terms of the sizes that it is told. */
  Dim workspace() {
    return most;
  }

  /**
   * Places {@code buffer} until the result is closed.
   *
   * @param inParallel true where several threads each have their own
   * @param emit gives the value of a size
   */
  Environment.Scope allocate(
      Buffer buffer, EmitContext context, boolean inParallel, Function<Dim, LLVMValueRef> emit) {
    Dim bytes = size(buffer);
    long largest = SizeRange.of(bytes).most();
    boolean onStack = inParallel || (buffer.scope() == Scope.LOCAL && largest <= MOST_ON_STACK);
    if (onStack && (inParallel || context.stack.fits(largest))) {
      return context.stack.allocate(
          largest, buffer.name(), context, base -> context.place(buffer, new Storage.Memory(base)));
    }
    Dim offset = used;
    used = used.plus(bytes.plus(ALIGNMENT - 1).floorDiv(ALIGNMENT).times(ALIGNMENT));
    most = Dim.derive(Dim.Operation.MAX, most, used);
    LLVMValueRef base =
        context.ir.pointer(context.ir.types().integer(8), workspace, emit.apply(offset));
    context.place(buffer, new Storage.Memory(base));
    return () -> used = offset;
  }

  private static Dim size(Buffer buffer) {
    if (buffer.shape().stream().allMatch(IntImm.class::isInstance)) {
      return Dim.of(bytes(buffer));
    }
    return Sizes.dim(Sizes.product(buffer.shape())).times(buffer.dtype().bytes());
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
