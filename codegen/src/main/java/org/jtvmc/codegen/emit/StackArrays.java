package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMArrayType2;
import static org.bytedeco.llvm.global.LLVM.LLVMSetAlignment;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.target.CpuTarget;

/** The arrays on the stack of one function; those that are not alive at once share memory. */
final class StackArrays {
  private static final int ALIGNMENT = 64;

  private record Array(LLVMValueRef base, long bytes) {}

  private final List<Array> free = new ArrayList<>();
  private long total;

  /** True where an array of that size is still to be had. */
  boolean fits(long bytes) {
    return bytes <= CpuTarget.MOST_STACK_BYTES - total || reusable(bytes).isPresent();
  }

  /**
   * Gives {@code place} an array of at least {@code bytes}, until the result is closed.
   *
   * @throws CodegenException where the stack would grow too large
   */
  Environment.Scope allocate(long bytes, String name, EmitContext context, Placement place) {
    if (!fits(bytes)) {
      throw new CodegenException(
          "buffer %s takes %d bytes of each thread's stack, where %d of %d are taken"
              .formatted(name, bytes, total, CpuTarget.MOST_STACK_BYTES));
    }
    Array array = reusable(bytes).orElseGet(() -> grow(bytes, name, context.ir));
    free.remove(array);
    place.at(array.base());
    return () -> free.add(array);
  }

  /** Takes the address of the memory that was found. */
  interface Placement {
    void at(LLVMValueRef base);
  }

  private Optional<Array> reusable(long bytes) {
    return free.stream()
        .filter(array -> array.bytes() >= bytes)
        .min(Comparator.comparingLong(Array::bytes));
  }

  private Array grow(long bytes, String name, IrBuilder ir) {
    LLVMValueRef base = ir.entryAlloca(LLVMArrayType2(ir.types().integer(8), bytes), name);
    LLVMSetAlignment(base, ALIGNMENT);
    total += bytes;
    return new Array(base, bytes);
  }
}
