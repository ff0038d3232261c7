package org.jtvmc.codegen.emit;

import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;

/** A CPU: parallel loops go to the thread pool, buffers to the stack or the workspace. */
final class CpuMachine implements Machine {
  private final ParallelEmitter parallel;
  private final LocalMemory memory;

  CpuMachine(FunctionBuilder functions, String kernel, LocalMemory memory) {
    this.parallel = new ParallelEmitter(functions, kernel, this);
    this.memory = memory;
  }

  @Override
  public void emitLoop(
      Stmt.For loop, LoopShape shape, EmitContext context, StmtEmitter statements) {
    if (loop.kind() == ForKind.THREAD) {
      throw new CodegenException("a thread-bound loop in a kernel for a CPU");
    }
    if (shape.isSingle() || !parallel.isOutermost()) {
      statements.emitSerial(loop, shape);
      return;
    }
    LLVMValueRef min = statements.value(shape.min());
    parallel.emit(loop, shape, context, min, statements.value(shape.extent()));
  }

  @Override
  public boolean emitWhole(Stmt.For loop, EmitContext context, StmtEmitter statements) {
    return TileProductEmitter.emit(Optional.empty(), loop, context, statements);
  }

  @Override
  public boolean emitTogether(
      Stmt before, Stmt.For loop, EmitContext context, StmtEmitter statements) {
    return TileProductEmitter.emit(Optional.of(before), loop, context, statements);
  }

  @Override
  public boolean emitCopy(Stmt.Store store, EmitContext context, StmtEmitter statements) {
    return false;
  }

  /** Registers are short in loops, from which nothing moves. */
  @Override
  public void keepComputed(EmitContext context) {}

  @Override
  public void emitEffect(Effect effect, EmitContext context, StmtEmitter statements) {
    throw new CodegenException("a " + effect + " in a kernel for a CPU");
  }

  @Override
  public Environment.Scope allocate(Buffer buffer, EmitContext context) {
    StmtEmitter statements = new StmtEmitter(context, this);
    return memory.allocate(
        buffer,
        context,
        !parallel.isOutermost(),
        size -> statements.value(context.indices.affine(Sizes.expr(size))));
  }
}
