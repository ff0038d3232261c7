package org.jtvmc.codegen.emit;

import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.type.DType;

/**
 * A value of the LLVM function that is being emitted.
 *
 * <p>A bool is an {@code i1}. A float16, bfloat16 or tfloat32 is held as a {@code float} that is
 * already rounded to its type, so that arithmetic needs no conversion but the rounding of its
 * result.
 *
 * @param lanes 1 for a scalar, else the length of the LLVM vector
 */
public record Value(LLVMValueRef ref, DType dtype, int lanes) {

  /** True for one value that every lane shares. */
  public boolean isScalar() {
    return lanes == 1;
  }
}
