package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMCodeGenLevelAggressive;
import static org.bytedeco.llvm.global.LLVM.LLVMCodeGenLevelDefault;
import static org.bytedeco.llvm.global.LLVM.LLVMCodeGenLevelLess;
import static org.bytedeco.llvm.global.LLVM.LLVMCodeGenLevelNone;

/** How hard LLVM's instruction selection, scheduling and register allocation try. */
public enum OptLevel {
  NONE(LLVMCodeGenLevelNone),
  LESS(LLVMCodeGenLevelLess),
  DEFAULT(LLVMCodeGenLevelDefault),
  AGGRESSIVE(LLVMCodeGenLevelAggressive);

  final int code;

  OptLevel(int code) {
    this.code = code;
  }
}
