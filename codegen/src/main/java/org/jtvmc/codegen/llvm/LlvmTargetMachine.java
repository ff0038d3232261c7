package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMCodeModelDefault;
import static org.bytedeco.llvm.global.LLVM.LLVMCreateTargetDataLayout;
import static org.bytedeco.llvm.global.LLVM.LLVMCreateTargetMachineOptions;
import static org.bytedeco.llvm.global.LLVM.LLVMCreateTargetMachineWithOptions;
import static org.bytedeco.llvm.global.LLVM.LLVMDisposeTargetMachine;
import static org.bytedeco.llvm.global.LLVM.LLVMDisposeTargetMachineOptions;
import static org.bytedeco.llvm.global.LLVM.LLVMGetTargetFromTriple;
import static org.bytedeco.llvm.global.LLVM.LLVMRelocPIC;
import static org.bytedeco.llvm.global.LLVM.LLVMTargetMachineOptionsSetCPU;
import static org.bytedeco.llvm.global.LLVM.LLVMTargetMachineOptionsSetCodeGenOptLevel;
import static org.bytedeco.llvm.global.LLVM.LLVMTargetMachineOptionsSetCodeModel;
import static org.bytedeco.llvm.global.LLVM.LLVMTargetMachineOptionsSetFeatures;
import static org.bytedeco.llvm.global.LLVM.LLVMTargetMachineOptionsSetRelocMode;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.llvm.LLVM.LLVMTargetDataRef;
import org.bytedeco.llvm.LLVM.LLVMTargetMachineRef;
import org.bytedeco.llvm.LLVM.LLVMTargetRef;
import org.jtvmc.codegen.CodegenException;

/**
 * Turns modules into code for one {@link LlvmTarget}: position independent, small code model.
 * Making one costs about a millisecond; it serves any number of modules, one at a time.
 */
public final class LlvmTargetMachine implements AutoCloseable {

  private final LlvmTarget target;
  private final LLVMTargetMachineRef ref;

  /**
   * @throws CodegenException when this LLVM does not know the triple
   */
  public LlvmTargetMachine(LlvmTarget target) {
    this.target = target;
    initialize(target);
    var llvmTarget = new LLVMTargetRef();
    try (var message = new BytePointer((Pointer) null);
        var triple = new BytePointer(target.triple())) {
      if (LLVMGetTargetFromTriple(triple, llvmTarget, message) != 0) {
        throw new CodegenException("no code can be made: " + LlvmStrings.take(message));
      }
    }
    var options = LLVMCreateTargetMachineOptions();
    try {
      LLVMTargetMachineOptionsSetCPU(options, target.cpu());
      LLVMTargetMachineOptionsSetFeatures(options, target.features());
      LLVMTargetMachineOptionsSetCodeGenOptLevel(options, target.optLevel().code);
      LLVMTargetMachineOptionsSetRelocMode(options, LLVMRelocPIC);
      LLVMTargetMachineOptionsSetCodeModel(options, LLVMCodeModelDefault);
      ref = LLVMCreateTargetMachineWithOptions(llvmTarget, target.triple(), options);
    } finally {
      LLVMDisposeTargetMachineOptions(options);
    }
  }

  public LlvmTarget target() {
    return target;
  }

  LLVMTargetMachineRef ref() {
    return ref;
  }

  /** Sizes and alignments of the target's types; the caller disposes it. */
  LLVMTargetDataRef newDataLayout() {
    return LLVMCreateTargetDataLayout(ref);
  }

  private static void initialize(LlvmTarget target) {
    if (target.isX86()) {
      BackEnd.registerX86();
    } else if (target.isNvptx()) {
      BackEnd.registerNvptx();
    } else {
      throw new CodegenException("there is no back end for the target triple " + target.triple());
    }
  }

  @Override
  public void close() {
    if (!ref.isNull()) {
      LLVMDisposeTargetMachine(ref);
      ref.setNull();
    }
  }
}
