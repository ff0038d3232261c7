package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.type.DType;

/** Vectors whose lanes lie apart in memory. */
final class GatherScatter {
  private final EmitContext context;
  private final IrBuilder ir;
  private final IndexEmitter indices;

  GatherScatter(EmitContext context, IndexEmitter indices) {
    this.context = context;
    this.ir = context.ir;
    this.indices = indices;
  }

  /**
   * Where the lanes are: a shared base and each lane's distance from it, in elements.
   *
   * @param narrow true where the distances are 32-bit integers
   */
  private record Places(LLVMValueRef base, LLVMValueRef distances, boolean narrow) {}

  LLVMValueRef gather(DType dtype, LLVMValueRef base, Affine offset) {
    LLVMTypeRef element = ir.types().memory(dtype, 1);
    LLVMTypeRef vector = ir.types().vector(element, lanes());
    Places places = places(element, base, offset);
    LLVMValueRef alive = context.aliveLanes().ref();
    LLVMValueRef nothing = LLVMConstNull(vector);
    String instruction = gatherInstruction(dtype, places);
    if (instruction != null) {
      return ir.intrinsic(
          instruction,
          new LLVMTypeRef[0],
          nothing,
          places.base(),
          places.distances(),
          alive,
          ir.int32(dtype.bytes()));
    }
    LLVMValueRef pointers = ir.pointer(element, places.base(), places.distances());
    return ir.intrinsic(
        "llvm.masked.gather",
        new LLVMTypeRef[] {vector, LLVMTypeOf(pointers)},
        pointers,
        ir.int32(dtype.bytes()),
        alive,
        nothing);
  }

  void scatter(DType dtype, LLVMValueRef base, Affine offset, LLVMValueRef value) {
    LLVMTypeRef element = ir.types().memory(dtype, 1);
    Places places = places(element, base, offset);
    LLVMValueRef pointers = ir.pointer(element, places.base(), places.distances());
    ir.intrinsic(
        "llvm.masked.scatter",
        new LLVMTypeRef[] {LLVMTypeOf(value), LLVMTypeOf(pointers)},
        value,
        pointers,
        ir.int32(dtype.bytes()),
        context.aliveLanes().ref());
  }

  /**
   * The instruction itself, where a whole register is gathered by 32-bit distances. LLVM's general
   * form would have the loop's part of the address moved into a vector of 64-bit pointers.
   */
  private String gatherInstruction(DType dtype, Places places) {
    boolean whole = lanes() * dtype.bytes() * 8 == 512;
    if (!whole || !places.narrow() || !context.target.features().contains("avx512f")) {
      return null;
    }
    String type =
        switch (dtype.bytes()) {
          case 4 -> dtype.isFloat() ? "dps" : "dpi";
          case 8 -> dtype.isFloat() ? "dpd" : "dpq";
          default -> null;
        };
    return type == null ? null : "llvm.x86.avx512.mask.gather." + type + ".512";
  }

  private Places places(LLVMTypeRef element, LLVMValueRef base, Affine offset) {
    LLVMTypeRef word = ir.types().integer(32);
    if (!offset.isVarying()) {
      LLVMValueRef start = indices.address(element, base, offset.atFirstLane());
      long[] distances = new long[lanes()];
      for (int lane = 0; lane < distances.length; lane++) {
        distances[lane] = lane * offset.lane();
      }
      boolean narrow = fits(new Range(0, lanes()).times(offset.lane()));
      LLVMTypeRef type = narrow ? word : ir.types().integer(64);
      return new Places(start, ir.vectorOf(type, distances), narrow);
    }
    LLVMValueRef index = indices.emit(offset).ref();
    boolean narrow = fits(context.indices.range(offset));
    LLVMValueRef distances =
        narrow ? ir.convert(LLVMTrunc, index, ir.types().vector(word, lanes())) : index;
    return new Places(base, distances, narrow);
  }

  /** True where the distance fits 32 bits even in bytes. */
  private static boolean fits(Range range) {
    return range.within(Integer.MIN_VALUE / 16, Integer.MAX_VALUE / 16);
  }

  private int lanes() {
    return context.environment.lanes();
  }
}
