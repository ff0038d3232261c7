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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
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
  private final ReductionScratch scratch;
  private final Map<ThreadTag, Integer> extents;

  /**
   * @param extents with which the entry is launched
   */
  ThreadReduction(
      EmitContext context,
      GpuMemory memory,
      ReductionScratch scratch,
      Map<ThreadTag, Integer> extents) {
    this.context = context;
    this.ir = context.ir;
    this.memory = memory;
    this.scratch = scratch;
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
    OptionalLong own = scratch.of(reduce);
    if (own.isPresent()) {
      return throughShared(reduce, ofWarp, warps, memory.at(own.getAsLong()));
    }
    Value[] result = new Value[1];
    memory.withShared(
        scratch.bytes(reduce),
        shared -> {
          result[0] = throughShared(reduce, ofWarp, warps, shared);
          barrier();
        });
    return result[0];
  }

  private Value throughShared(
      Effect.AllReduce reduce, Value ofWarp, int warps, LLVMValueRef shared) {
    DType dtype = ofWarp.dtype();
    LLVMTypeRef element = ir.types().memory(dtype, 1);
    LLVMValueRef thread = threadNumber();
    LLVMValueRef warp = ir.binary(LLVMLShr, thread, ir.int32(5));
    LLVMValueRef lane = ir.binary(LLVMAnd, thread, ir.int32(CudaTarget.WARP - 1));
    LLVMValueRef isFirst = ir.compareInts(LLVMIntEQ, lane, ir.int32(0));
    LLVMValueRef stored = context.conversions.toMemory(ofWarp);
    StmtEmitter.branch(
        ir,
        isFirst,
        () -> ir.store(stored, ir.pointer(element, shared, warp), dtype.bytes()),
        Optional.empty());
    barrier();
    int all = Math.ceilDiv(DeviceEntry.threads(extents), CudaTarget.WARP);
    LLVMValueRef first =
        warps == all
            ? ir.int32(0)
            : ir.binary(LLVMSub, warp, ir.binary(LLVMURem, warp, ir.int32(warps)));
    LLVMValueRef group = ir.pointer(element, shared, first);
    List<Value> results = new ArrayList<>();
    int together = Integer.lowestOneBit(Math.max(1, GpuMemory.ALIGNMENT / dtype.bytes()) | warps);
    for (int i = 0; i < warps; i += together) {
      LLVMValueRef at = ir.pointer(element, group, ir.int32(i));
      int bytes = together * dtype.bytes();
      LLVMValueRef loaded = ir.load(ir.types().memory(dtype, together), at, bytes);
      Value several = context.conversions.fromMemory(loaded, dtype, together);
      for (int part = 0; part < together; part++) {
        results.add(part(several, part));
      }
    }
    return inPairs(reduce, results);
  }

  private Value part(Value several, int lane) {
    return several.lanes() == 1
        ? several
        : new Value(ir.extract(several.ref(), lane), several.dtype(), 1);
  }

  /** All of them combined, neighbours first: few steps behind each other. */
  private Value inPairs(Effect.AllReduce reduce, List<Value> values) {
    List<Value> left = values;
    while (left.size() > 1) {
      List<Value> half = new ArrayList<>();
      for (int i = 0; i + 1 < left.size(); i += 2) {
        half.add(context.arithmetic.binary(reduce.op(), left.get(i), left.get(i + 1)));
      }
      if (left.size() % 2 == 1) {
        half.add(left.getLast());
      }
      left = half;
    }
    return left.getFirst();
  }

  private void barrier() {
    ir.intrinsic("llvm.nvvm.barrier0", NO_TYPES);
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
