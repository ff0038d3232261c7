package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;

/** A readable place of zeros, for loads whose own place must not be read. */
final class ZeroPage {
  private static final String NAME = "jtvmc.zeros";

  /** What there is to read: a whole vector register. */
  static final int BYTES = 64;

  private ZeroPage() {}

  static LLVMValueRef in(IrBuilder ir) {
    LLVMValueRef found = LLVMGetNamedGlobal(ir.module(), NAME);
    if (found != null && !found.isNull()) {
      return found;
    }
    LLVMTypeRef type = LLVMArrayType2(ir.types().integer(8), BYTES);
    LLVMValueRef zeros = LLVMAddGlobal(ir.module(), type, NAME);
    LLVMSetInitializer(zeros, LLVMConstNull(type));
    LLVMSetGlobalConstant(zeros, 1);
    LLVMSetLinkage(zeros, LLVMPrivateLinkage);
    LLVMSetAlignment(zeros, BYTES);
    return zeros;
  }
}
