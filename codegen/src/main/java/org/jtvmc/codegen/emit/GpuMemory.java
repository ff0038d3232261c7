package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAddGlobalInAddressSpace;
import static org.bytedeco.llvm.global.LLVM.LLVMArrayType2;
import static org.bytedeco.llvm.global.LLVM.LLVMDeleteGlobal;
import static org.bytedeco.llvm.global.LLVM.LLVMGetUndef;
import static org.bytedeco.llvm.global.LLVM.LLVMInternalLinkage;
import static org.bytedeco.llvm.global.LLVM.LLVMReplaceAllUsesWith;
import static org.bytedeco.llvm.global.LLVM.LLVMSetAlignment;
import static org.bytedeco.llvm.global.LLVM.LLVMSetInitializer;
import static org.bytedeco.llvm.global.LLVM.LLVMSetLinkage;

import java.util.function.Consumer;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;

/**
 * The shared memory of one entry: one array in which buffers that are not alive at once share
 * bytes. Its size is known once the entry is emitted.
 */
final class GpuMemory {
  /** Address spaces of NVPTX. */
  static final int GLOBAL = 1;

  static final int SHARED = 3;

  /** What the addresses of all buffers are multiples of: the widest access. */
  static final int ALIGNMENT = 16;

  private static final int SHARED_ALIGNMENT = 128;

  /** Where the order of the groups in swizzled lines begins anew. */
  private static final int SWIZZLED_ALIGNMENT = SwizzledPlace.LINES * Buffer.LINE_BYTES;

  private final IrBuilder ir;
  private final String entry;
  private final LLVMValueRef shared;
  private int alignment = SHARED_ALIGNMENT;
  private long used;
  private long most;

  GpuMemory(IrBuilder ir, String entry) {
    this.ir = ir;
    this.entry = entry;
    this.shared = array(0, entry + "_shared");
  }

  private LLVMValueRef array(long bytes, String name) {
    LLVMTypeRef type = LLVMArrayType2(ir.types().integer(8), bytes);
    LLVMValueRef array = LLVMAddGlobalInAddressSpace(ir.module(), type, name, SHARED);
    LLVMSetAlignment(array, alignment);
    return array;
  }

  /** Gives {@code buffer} a part of the block's shared memory until the result is closed. */
  Environment.Scope allocateShared(Buffer buffer, EmitContext context) {
    long offset = used;
    if (buffer.isSwizzled()) {
      alignment = SWIZZLED_ALIGNMENT;
      used = Math.ceilDiv(used, alignment) * alignment;
      LLVMSetAlignment(shared, alignment);
    }
    LLVMValueRef base = reserve(LocalMemory.bytes(buffer));
    context.place(buffer, new Storage.Memory(base));
    return () -> used = offset;
  }

  /** Runs {@code use} with {@code bytes} of shared memory that are taken only meanwhile. */
  void withShared(long bytes, Consumer<LLVMValueRef> use) {
    long offset = used;
    use.accept(reserve(bytes));
    used = offset;
  }

  /** Takes {@code bytes} for as long as the buffers around are there. */
  LLVMValueRef reserve(long bytes) {
    LLVMValueRef base = ir.pointer(ir.types().integer(8), shared, ir.int64(used));
    used += (bytes + SHARED_ALIGNMENT - 1) / SHARED_ALIGNMENT * SHARED_ALIGNMENT;
    most = Math.max(most, used);
    return base;
  }

  /**
   * Gives the array its size, once everything is emitted.
   *
   * @return the bytes that the launch must give: 0 where the array is part of the code, since it
   *     fits what every block may have
   */
  int finish() {
    if (most > CudaTarget.STATIC_SHARED_BYTES) {
      return Math.toIntExact(most);
    }
    if (most > 0) {
      LLVMValueRef sized = array(most, entry + "_smem");
      LLVMSetLinkage(sized, LLVMInternalLinkage);
      LLVMSetInitializer(sized, LLVMGetUndef(LLVMArrayType2(ir.types().integer(8), most)));
      LLVMReplaceAllUsesWith(shared, sized);
    }
    LLVMDeleteGlobal(shared);
    return 0;
  }

  /** The largest power of two that divides the byte address of an element, up to the widest. */
  static int alignment(DType dtype, Affine offset) {
    long bits = ALIGNMENT | offset.constant() * dtype.bytes();
    for (long coefficient : offset.terms().values()) {
      bits |= coefficient * dtype.bytes();
    }
    return (int) Long.lowestOneBit(bits);
  }
}
