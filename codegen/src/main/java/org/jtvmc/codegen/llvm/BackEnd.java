package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMInitializeNVPTXAsmPrinter;
import static org.bytedeco.llvm.global.LLVM.LLVMInitializeNVPTXTarget;
import static org.bytedeco.llvm.global.LLVM.LLVMInitializeNVPTXTargetInfo;
import static org.bytedeco.llvm.global.LLVM.LLVMInitializeNVPTXTargetMC;
import static org.bytedeco.llvm.global.LLVM.LLVMInitializeX86AsmParser;
import static org.bytedeco.llvm.global.LLVM.LLVMInitializeX86AsmPrinter;
import static org.bytedeco.llvm.global.LLVM.LLVMInitializeX86Disassembler;
import static org.bytedeco.llvm.global.LLVM.LLVMInitializeX86Target;
import static org.bytedeco.llvm.global.LLVM.LLVMInitializeX86TargetInfo;
import static org.bytedeco.llvm.global.LLVM.LLVMInitializeX86TargetMC;

/**
 * LLVM's code generators and its disassembler, registered when first asked for. Registering is not
 * safe for threads, so it is left to the initialisation of a class.
 */
final class BackEnd {

  private BackEnd() {}

  static void registerX86() {
    X86.registered();
  }

  static void registerX86Disassembler() {
    X86.registered();
    X86Disassembler.registered();
  }

  static void registerNvptx() {
    Nvptx.registered();
  }

  private static final class X86 {
    static {
      LLVMInitializeX86TargetInfo();
      LLVMInitializeX86Target();
      LLVMInitializeX86TargetMC();
      LLVMInitializeX86AsmPrinter();
      LLVMInitializeX86AsmParser();
    }

    static void registered() {}
  }

  private static final class X86Disassembler {
    static {
      LLVMInitializeX86Disassembler();
    }

    static void registered() {}
  }

  private static final class Nvptx {
    static {
      LLVMInitializeNVPTXTargetInfo();
      LLVMInitializeNVPTXTarget();
      LLVMInitializeNVPTXTargetMC();
      LLVMInitializeNVPTXAsmPrinter();
    }

    static void registered() {}
  }
}
