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

  private final IrBuilder ir;
  private final String entry;
  private final SharedSpace space;
  private final LLVMValueRef shared;

  /**
   * @param space shares it out
   */
  GpuMemory(IrBuilder ir, String entry, SharedSpace space) {
    this.ir = ir;
    this.entry = entry;
    this.space = space;
    this.shared = array(0, entry + "_shared");
  }

  private LLVMValueRef array(long bytes, String name) {
    LLVMTypeRef type = LLVMArrayType2(ir.types().integer(8), bytes);
    LLVMValueRef array = LLVMAddGlobalInAddressSpace(ir.module(), type, name, SHARED);
    LLVMSetAlignment(array, space.alignment());
    return array;
  }

  /** Gives {@code buffer} a part of the block's shared memory until the result is closed. */
  Environment.Scope allocateShared(Buffer buffer, EmitContext context) {
    long before = space.used();
    context.place(buffer, new Storage.Memory(at(space.take(buffer))));
    return () -> space.giveBack(before);
  }

  /** Runs {@code use} with {@code bytes} of shared memory that are taken only meanwhile. */
  void withShared(long bytes, Consumer<LLVMValueRef> use) {
    long before = space.used();
    use.accept(at(space.take(bytes)));
    space.giveBack(before);
  }

  /** The address of a byte of the block's shared memory. */
  LLVMValueRef at(long place) {
    return ir.pointer(ir.types().integer(8), shared, ir.int64(place));
  }

  /**
   * Gives the array its size, once everything is emitted.
   *
   * @return the bytes that the launch must give: 0 where the array is part of the code, since it
   *     fits what every block may have
   */
  int finish() {
    long most = space.most();
    if (most > CudaTarget.STATIC_SHARED_BYTES) {
      LLVMSetAlignment(shared, space.alignment());
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
