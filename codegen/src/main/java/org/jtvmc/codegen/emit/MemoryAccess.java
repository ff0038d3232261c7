package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.type.DType;

/**
 * Chooses the instructions of a load or store by how its offset moves with the lane: one element, a
 * vector, a vector and a shuffle, or a gather. No lane that is masked off touches memory.
 */
final class MemoryAccess {
  /** Beyond this stride a gather reads fewer cache lines than loads and shuffles do. */
  private static final int MOST_SHUFFLED_STRIDE = 4;

  private final EmitContext context;
  private final IrBuilder ir;
  private final IndexEmitter indices;
  private final GatherScatter apart;

  MemoryAccess(EmitContext context, IndexEmitter indices) {
    this.context = context;
    this.ir = context.ir;
    this.indices = indices;
    this.apart = new GatherScatter(context, indices);
  }

  /** The elements at {@code offset}: one for each lane where the offset moves with it. */
  Value load(Buffer buffer, Affine offset) {
    DType dtype = buffer.dtype();
    boolean uniform = offset.lane() == 0 && !offset.isVarying();
    return switch (context.storageOf(buffer)) {
      case Storage.Registers(SlotTable slots) ->
          slots.load(ir, offset, uniform ? 1 : context.mask().count(), uniform ? 1 : lanes());
      case Storage.Memory(LLVMValueRef base) -> {
        LLVMValueRef stored =
            uniform ? loadOne(dtype, base, offset) : loadLanes(buffer, base, offset);
        yield context.conversions.fromMemory(stored, dtype, uniform ? 1 : lanes());
      }
    };
  }

  /** True where loads give 0 for lanes that are masked off: from memory, not from registers. */
  boolean givesZeros(Buffer buffer) {
    return switch (context.storageOf(buffer)) {
      case Storage.Memory _ -> true;
      case Storage.Registers _ -> false;
    };
  }

  /** Stores the living lanes. A scalar value goes to every one of them. */
  void store(Buffer buffer, Affine offset, Value value) {
    boolean uniform = offset.lane() == 0 && !offset.isVarying();
    if (uniform && !value.isScalar()) {
      throw new CodegenException(
          "the lanes of a vectorised loop store into one element of " + buffer);
    }
    Value shaped = uniform ? value : ir.splat(value, lanes());
    switch (context.storageOf(buffer)) {
      case Storage.Registers(SlotTable slots) ->
          slots.store(
              ir,
              offset,
              uniform ? 1 : context.mask().count(),
              shaped,
              uniform ? anyLane() : context.mask().guard());
      case Storage.Memory(LLVMValueRef base) -> {
        LLVMValueRef stored = context.conversions.toMemory(shaped);
        if (uniform) {
          storeOne(buffer.dtype(), base, offset, stored);
        } else {
          storeLanes(buffer.dtype(), base, offset, stored);
        }
      }
    }
  }

  private int lanes() {
    return context.environment.lanes();
  }

  // One element

  private LLVMValueRef loadOne(DType dtype, LLVMValueRef base, Affine offset) {
    LLVMTypeRef element = ir.types().memory(dtype, 1);
    LLVMValueRef pointer = indices.address(element, base, offset);
    Value guard = anyLane();
    if (guard != null && context.target.isGpu()) {
      return loadWhere(guard.ref(), element, pointer, context.alignment(dtype, offset));
    }
    if (guard != null) {
      // A conditional move is cheaper than a branch, and leaves the code in one block.
      pointer = ir.select(guard.ref(), pointer, ZeroPage.in(ir));
    }
    return ir.load(element, pointer, context.alignment(dtype, offset));
  }

  private void storeOne(DType dtype, LLVMValueRef base, Affine offset, LLVMValueRef value) {
    LLVMTypeRef element = ir.types().memory(dtype, 1);
    Value guard = anyLane();
    int alignment = context.alignment(dtype, offset);
    if (guard == null) {
      ir.store(value, indices.address(element, base, offset), alignment);
      return;
    }
    var then = ir.newBlock("store");
    var after = ir.newBlock("stored");
    ir.branch(guard.ref(), then, after);
    ir.moveTo(then);
    ir.store(value, indices.address(element, base, offset), alignment);
    ir.branch(after);
    ir.moveTo(after);
  }

  /**
   * The guard of an access that all lanes share: whether any is alive; null where one always is.
   */
  private Value anyLane() {
    Value guard = context.mask().guard();
    if (guard == null || guard.isScalar()) {
      return guard;
    }
    return new Value(ir.intrinsic("llvm.vector.reduce.or", laneMask()), DType.BOOL, 1);
  }

  // A vector

  private LLVMValueRef loadLanes(Buffer buffer, LLVMValueRef base, Affine offset) {
    DType dtype = buffer.dtype();
    LLVMTypeRef element = ir.types().memory(dtype, 1);
    LLVMTypeRef vector = ir.types().vector(element, lanes());
    if (offset.isVarying()) {
      return apart.gather(dtype, base, offset);
    }
    if (offset.lane() == 1) {
      LLVMValueRef pointer = indices.address(element, base, offset.atFirstLane());
      int alignment = context.alignment(dtype, offset.atFirstLane());
      return loadConsecutive(dtype, vector, pointer, alignment);
    }
    if (offset.lane() == -1 && context.mask().isFull()) {
      Affine last = offset.atFirstLane().plus(1L - lanes());
      LLVMValueRef forward =
          ir.load(vector, indices.address(element, base, last), context.alignment(dtype, last));
      int[] reversed = new int[lanes()];
      for (int i = 0; i < reversed.length; i++) {
        reversed[i] = reversed.length - 1 - i;
      }
      return ir.shuffle(forward, ir.poison(vector), reversed);
    }
    boolean shuffled =
        offset.lane() > 1
            && offset.lane() <= MOST_SHUFFLED_STRIDE
            && (context.mask().isFull() || !context.target.isGpu());
    return shuffled ? loadStrided(buffer, base, offset) : apart.gather(dtype, base, offset);
  }

  private LLVMValueRef loadConsecutive(
      DType dtype, LLVMTypeRef vector, LLVMValueRef pointer, int alignment) {
    if (context.mask().isFull()) {
      return ir.load(vector, pointer, alignment);
    }
    Value guard = context.mask().guard();
    boolean allOrNone = guard != null && guard.isScalar() && context.mask().count() == lanes();
    if (allOrNone && context.target.isGpu()) {
      return loadWhere(guard.ref(), vector, pointer, alignment);
    }
    if (allOrNone && lanes() * dtype.bytes() <= ZeroPage.BYTES) {
      return ir.load(vector, ir.select(guard.ref(), pointer, ZeroPage.in(ir)), alignment);
    }
    return ir.intrinsic(
        "llvm.masked.load",
        new LLVMTypeRef[] {vector, LLVMTypeOf(pointer)},
        pointer,
        ir.int32(alignment),
        laneMask(),
        LLVMConstNull(vector));
  }

  /** What is at {@code pointer} where the condition holds; else zeros, and nothing is read. */
  private LLVMValueRef loadWhere(
      LLVMValueRef condition, LLVMTypeRef type, LLVMValueRef pointer, int alignment) {
    var before = ir.currentBlock();
    var then = ir.newBlock("load");
    var after = ir.newBlock("loaded");
    ir.branch(condition, then, after);
    ir.moveTo(then);
    LLVMValueRef loaded = ir.load(type, pointer, alignment);
    ir.branch(after);
    ir.moveTo(after);
    LLVMValueRef value = ir.phi(type);
    ir.addIncoming(value, loaded, then);
    ir.addIncoming(value, LLVMConstNull(type), before);
    return value;
  }

  /** Whole vectors, two at a time; then the wanted lanes are picked out of them. */
  private LLVMValueRef loadStrided(Buffer buffer, LLVMValueRef base, Affine offset) {
    DType dtype = buffer.dtype();
    StridedLanes picks = StridedLanes.of(buffer, offset, lanes());
    LLVMTypeRef vector = ir.types().vector(ir.types().memory(dtype, 1), lanes());
    LLVMValueRef result = ir.poison(vector);
    for (int part = 0; part < picks.stride(); part += 2) {
      // An instruction picks from as many as that.
      int second = Math.min(part + 1, picks.stride() - 1);
      LLVMValueRef first = loadPart(dtype, vector, base, offset, picks, part);
      LLVMValueRef both =
          ir.shuffle(
              first,
              second == part ? first : loadPart(dtype, vector, base, offset, picks, second),
              picks.positions(part, second));
      int[] merged = new int[lanes()];
      for (int lane = 0; lane < merged.length; lane++) {
        merged[lane] = picks.partOf(lane) >= part ? merged.length + lane : lane;
      }
      result = part == 0 ? both : ir.shuffle(result, both, merged);
    }
    return result;
  }

  private LLVMValueRef loadPart(
      DType dtype,
      LLVMTypeRef vector,
      LLVMValueRef base,
      Affine offset,
      StridedLanes picks,
      int part) {
    Affine at = offset.atFirstLane().plus(picks.start(part));
    LLVMValueRef pointer = indices.address(ir.types().memory(dtype, 1), base, at);
    int alignment = context.alignment(dtype, at);
    if (context.mask().isFull()) {
      return ir.load(vector, pointer, alignment);
    }
    LLVMValueRef alive = laneMask();
    return ir.intrinsic(
        "llvm.masked.load",
        new LLVMTypeRef[] {vector, LLVMTypeOf(pointer)},
        pointer,
        ir.int32(alignment),
        ir.shuffle(alive, LLVMConstNull(LLVMTypeOf(alive)), picks.wanted(part)),
        LLVMConstNull(vector));
  }

  private void storeLanes(DType dtype, LLVMValueRef base, Affine offset, LLVMValueRef value) {
    LLVMTypeRef element = ir.types().memory(dtype, 1);
    LLVMTypeRef vector = ir.types().vector(element, lanes());
    if (offset.lane() != 1 || offset.isVarying()) {
      apart.scatter(dtype, base, offset, value);
      return;
    }
    LLVMValueRef pointer = indices.address(element, base, offset.atFirstLane());
    int alignment = context.alignment(dtype, offset.atFirstLane());
    if (context.mask().isFull()) {
      ir.store(value, pointer, alignment);
      return;
    }
    ir.intrinsic(
        "llvm.masked.store",
        new LLVMTypeRef[] {vector, LLVMTypeOf(pointer)},
        value,
        pointer,
        ir.int32(alignment),
        laneMask());
  }

  private LLVMValueRef laneMask() {
    return context.aliveLanes().ref();
  }
}
