package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAdd;
import static org.bytedeco.llvm.global.LLVM.LLVMAnd;
import static org.bytedeco.llvm.global.LLVM.LLVMBitCast;
import static org.bytedeco.llvm.global.LLVM.LLVMIntEQ;
import static org.bytedeco.llvm.global.LLVM.LLVMLShr;
import static org.bytedeco.llvm.global.LLVM.LLVMMul;
import static org.bytedeco.llvm.global.LLVM.LLVMOr;
import static org.bytedeco.llvm.global.LLVM.LLVMShl;
import static org.bytedeco.llvm.global.LLVM.LLVMSub;
import static org.bytedeco.llvm.global.LLVM.LLVMTrunc;
import static org.bytedeco.llvm.global.LLVM.LLVMURem;
import static org.bytedeco.llvm.global.LLVM.LLVMZExt;

import java.util.Map;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;

/**
 * Combines one value of each thread: by shuffles within a warp, and where several warps take part
 * through shared memory, in which each leaves its own result for all.
 */
final class ThreadReduction {
  private static final LLVMTypeRef[] NO_TYPES = {};
  private static final int WORD_BITS = 32;

  private final EmitContext context;
  private final IrBuilder ir;
  private final GpuMemory memory;
  private final Map<ThreadTag, Integer> extents;

  /**
   * @param extents with which the entry is launched
   */
  ThreadReduction(EmitContext context, GpuMemory memory, Map<ThreadTag, Integer> extents) {
    this.context = context;
    this.ir = context.ir;
    this.memory = memory;
    this.extents = extents;
  }

  void emit(Effect.AllReduce reduce, ExprEmitter exprs) {
    int width = reduce.width();
    boolean withinWarp = width <= CudaTarget.WARP && Integer.bitCount(width) == 1;
    if (!withinWarp && width % CudaTarget.WARP != 0) {
      throw new CodegenException(
          "%d threads are no power of two within a warp and no number of whole warps"
              .formatted(width));
    }
    Load element = reduce.element();
    exprs.beginStatement();
    Affine offset = context.indices.offset(element.buffer(), element.indices());
    Value own = exprs.memory().load(element.buffer(), offset);
    Value result = withinWarp(reduce, own, Math.min(width, CudaTarget.WARP));
    if (width > CudaTarget.WARP) {
      result = acrossWarps(reduce, result, width / CudaTarget.WARP);
    }
    exprs.memory().store(element.buffer(), offset, result);
  }

  private Value withinWarp(Effect.AllReduce reduce, Value own, int width) {
    Value sum = own;
    for (int distance = width / 2; distance >= 1; distance /= 2) {
      sum = context.arithmetic.binary(reduce.op(), sum, fromNeighbour(sum, distance));
    }
    return sum;
  }

  /** The value of the thread whose number differs in the bit {@code distance}. */
  private Value fromNeighbour(Value value, int distance) {
    DType dtype = value.dtype();
    LLVMTypeRef type = ir.types().register(dtype, 1);
    int bits = dtype.isBool() ? 1 : IrTypes.registerBits(dtype);
    LLVMValueRef raw =
        dtype.isFloat()
            ? ir.convert(LLVMBitCast, value.ref(), ir.types().integer(bits))
            : value.ref();
    LLVMValueRef moved;
    if (bits > WORD_BITS) {
      LLVMTypeRef word = ir.types().integer(WORD_BITS);
      LLVMTypeRef whole = ir.types().integer(bits);
      LLVMValueRef low = shuffle(ir.convert(LLVMTrunc, raw, word), distance);
      LLVMValueRef shifted = ir.binary(LLVMLShr, raw, ir.int64(WORD_BITS));
      LLVMValueRef high = shuffle(ir.convert(LLVMTrunc, shifted, word), distance);
      LLVMValueRef upper =
          ir.binary(LLVMShl, ir.convert(LLVMZExt, high, whole), ir.int64(WORD_BITS));
      moved = ir.binary(LLVMOr, upper, ir.convert(LLVMZExt, low, whole));
    } else if (bits < WORD_BITS) {
      LLVMValueRef wide = ir.convert(LLVMZExt, raw, ir.types().integer(WORD_BITS));
      moved = ir.convert(LLVMTrunc, shuffle(wide, distance), ir.types().integer(bits));
    } else {
      moved = shuffle(raw, distance);
    }
    return new Value(dtype.isFloat() ? ir.convert(LLVMBitCast, moved, type) : moved, dtype, 1);
  }

  private LLVMValueRef shuffle(LLVMValueRef word, int distance) {
    return ir.intrinsic(
        "llvm.nvvm.shfl.sync.bfly.i32",
        NO_TYPES,
        ir.int32(-1),
        word,
        ir.int32(distance),
        ir.int32(CudaTarget.WARP - 1));
  }

  private Value acrossWarps(Effect.AllReduce reduce, Value ofWarp, int warps) {
    DType dtype = ofWarp.dtype();
    int all = Math.ceilDiv(threads(), CudaTarget.WARP);
    Value[] sum = new Value[1];
    memory.withShared(
        (long) all * dtype.bytes(),
        scratch -> {
          LLVMTypeRef element = ir.types().memory(dtype, 1);
          LLVMValueRef thread = threadNumber();
          LLVMValueRef warp = ir.binary(LLVMLShr, thread, ir.int32(5));
          LLVMValueRef lane = ir.binary(LLVMAnd, thread, ir.int32(CudaTarget.WARP - 1));
          LLVMValueRef isFirst = ir.compareInts(LLVMIntEQ, lane, ir.int32(0));
          LLVMValueRef stored = context.conversions.toMemory(ofWarp);
          StmtEmitter.branch(
              ir,
              isFirst,
              () -> ir.store(stored, ir.pointer(element, scratch, warp), dtype.bytes()),
              Optional.empty());
          barrier();
          LLVMValueRef first =
              warps == all
                  ? ir.int32(0)
                  : ir.binary(LLVMSub, warp, ir.binary(LLVMURem, warp, ir.int32(warps)));
          for (int i = 0; i < warps; i++) {
            LLVMValueRef at = ir.pointer(element, ir.pointer(element, scratch, first), ir.int32(i));
            LLVMValueRef loaded = ir.load(element, at, dtype.bytes());
            Value other = context.conversions.fromMemory(loaded, dtype, 1);
            sum[0] = i == 0 ? other : context.arithmetic.binary(reduce.op(), sum[0], other);
          }
          barrier();
        });
    return sum[0];
  }

  private void barrier() {
    ir.intrinsic("llvm.nvvm.barrier0", NO_TYPES);
  }

  private int threads() {
    return extent(ThreadTag.THREAD_X) * extent(ThreadTag.THREAD_Y) * extent(ThreadTag.THREAD_Z);
  }

  private int extent(ThreadTag tag) {
    return extents.getOrDefault(tag, 1);
  }

  /** The number of the thread in its block, x varying fastest. */
  private LLVMValueRef threadNumber() {
    LLVMValueRef number = GpuMachine.index(ir, ThreadTag.THREAD_X);
    long stride = extent(ThreadTag.THREAD_X);
    for (ThreadTag tag : new ThreadTag[] {ThreadTag.THREAD_Y, ThreadTag.THREAD_Z}) {
      if (extent(tag) > 1) {
        LLVMValueRef outer = ir.binary(LLVMMul, GpuMachine.index(ir, tag), ir.int32(stride));
        number = ir.binary(LLVMAdd, number, outer);
      }
      stride *= extent(tag);
    }
    return number;
  }
}
