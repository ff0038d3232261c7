package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMIntEQ;
import static org.bytedeco.llvm.global.LLVM.LLVMOr;
import static org.bytedeco.llvm.global.LLVM.LLVMPtrToInt;
import static org.bytedeco.llvm.global.LLVM.LLVMZExt;

import java.util.Map;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.type.DType;

/**
 * Emits {@link Effect.CountBlock}. One thread of the block counts, by an operation that publishes
 * what the barrier before it has collected of the other threads, and that makes what blocks before
 * it have published visible to those that go on after the barrier behind it (PTX ISA, "Memory
 * Consistency Model": causality order is transitive over scopes). The operation wraps: the last
 * block leaves zero.
 */
final class BlockCounter {
  private static final LLVMTypeRef[] NO_TYPES = {};
  private static final String COUNT = "atom.acq_rel.gpu.global.inc.u32 $0, [$1], $2;";

  private final EmitContext context;
  private final IrBuilder ir;
  private final Map<ThreadTag, Integer> extents;

  /**
   * @param extents with which the entry is launched
   */
  BlockCounter(EmitContext context, Map<ThreadTag, Integer> extents) {
    this.context = context;
    this.ir = context.ir;
    this.extents = extents;
  }

  void emit(Effect.CountBlock count, StmtEmitter statements) {
    barrier();
    LLVMValueRef first = ir.compareInts(LLVMIntEQ, number(), ir.int32(0));
    try (var _ = context.branched()) {
      StmtEmitter.branch(ir, first, () -> count(count, statements), Optional.empty());
    }
    barrier();
  }

  private void barrier() {
    ir.intrinsic("llvm.nvvm.barrier0", NO_TYPES);
  }

  /** Zero in one thread of the block. */
  private LLVMValueRef number() {
    LLVMValueRef all = GpuMachine.index(ir, ThreadTag.THREAD_X);
    for (ThreadTag tag : new ThreadTag[] {ThreadTag.THREAD_Y, ThreadTag.THREAD_Z}) {
      if (extents.getOrDefault(tag, 1) > 1) {
        all = ir.binary(LLVMOr, all, GpuMachine.index(ir, tag));
      }
    }
    return all;
  }

  private void count(Effect.CountBlock count, StmtEmitter statements) {
    LLVMTypeRef word = ir.types().register(DType.I32, 1);
    statements.exprs().beginStatement();
    LLVMValueRef before =
        ir.assembly(
            COUNT,
            "=r,l,r",
            word,
            address(count.counter(), statements),
            ir.int32(count.blocks() - 1L));
    LLVMValueRef last = ir.compareInts(LLVMIntEQ, before, ir.int32(count.blocks() - 1L));
    Value flag = new Value(ir.convert(LLVMZExt, last, word), DType.I32, 1);
    Load place = count.last();
    statements
        .exprs()
        .memory()
        .store(place.buffer(), context.indices.offset(place.buffer(), place.indices()), flag);
  }

  private LLVMValueRef address(Load counter, StmtEmitter statements) {
    if (!(context.storageOf(counter.buffer()) instanceof Storage.Memory(LLVMValueRef base))) {
      throw new IllegalStateException("a counter in registers: " + counter);
    }
    LLVMTypeRef element = ir.types().memory(counter.dtype(), 1);
    Affine place = context.indices.offset(counter.buffer(), counter.indices());
    LLVMValueRef pointer = statements.exprs().indexEmitter().address(element, base, place);
    return ir.convert(LLVMPtrToInt, pointer, ir.types().integer(64));
  }
}
