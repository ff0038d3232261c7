package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMAddAlias2;
import static org.bytedeco.llvm.global.LLVM.LLVMAddAttributeAtIndex;
import static org.bytedeco.llvm.global.LLVM.LLVMAssemblyFile;
import static org.bytedeco.llvm.global.LLVM.LLVMAttributeFunctionIndex;
import static org.bytedeco.llvm.global.LLVM.LLVMCreatePassBuilderOptions;
import static org.bytedeco.llvm.global.LLVM.LLVMCreateStringAttribute;
import static org.bytedeco.llvm.global.LLVM.LLVMDefaultVisibility;
import static org.bytedeco.llvm.global.LLVM.LLVMDisposeModule;
import static org.bytedeco.llvm.global.LLVM.LLVMDisposePassBuilderOptions;
import static org.bytedeco.llvm.global.LLVM.LLVMDisposeTargetData;
import static org.bytedeco.llvm.global.LLVM.LLVMGetNamedFunction;
import static org.bytedeco.llvm.global.LLVM.LLVMGlobalGetValueType;
import static org.bytedeco.llvm.global.LLVM.LLVMIsDeclaration;
import static org.bytedeco.llvm.global.LLVM.LLVMLinkModules2;
import static org.bytedeco.llvm.global.LLVM.LLVMObjectFile;
import static org.bytedeco.llvm.global.LLVM.LLVMPassBuilderOptionsSetLoopInterleaving;
import static org.bytedeco.llvm.global.LLVM.LLVMPassBuilderOptionsSetLoopVectorization;
import static org.bytedeco.llvm.global.LLVM.LLVMPassBuilderOptionsSetSLPVectorization;
import static org.bytedeco.llvm.global.LLVM.LLVMPrintModuleToString;
import static org.bytedeco.llvm.global.LLVM.LLVMReturnStatusAction;
import static org.bytedeco.llvm.global.LLVM.LLVMRunPasses;
import static org.bytedeco.llvm.global.LLVM.LLVMSetModuleDataLayout;
import static org.bytedeco.llvm.global.LLVM.LLVMSetSourceFileName;
import static org.bytedeco.llvm.global.LLVM.LLVMSetTarget;
import static org.bytedeco.llvm.global.LLVM.LLVMSetVisibility;
import static org.bytedeco.llvm.global.LLVM.LLVMTargetMachineEmitToFile;
import static org.bytedeco.llvm.global.LLVM.LLVMTargetMachineEmitToMemoryBuffer;
import static org.bytedeco.llvm.global.LLVM.LLVMVerifyModule;
import static org.bytedeco.llvm.global.LLVM.LLVMWriteBitcodeToMemoryBuffer;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.llvm.LLVM.LLVMMemoryBufferRef;
import org.bytedeco.llvm.LLVM.LLVMModuleRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;

/** A unit of LLVM IR. Made by a {@link LlvmContext}, which also closes it. */
public final class LlvmModule implements AutoCloseable {

  private final LlvmContext context;
  private final LLVMModuleRef ref;

  LlvmModule(LlvmContext context, LLVMModuleRef ref) {
    this.context = context;
    this.ref = ref;
  }

  public LlvmContext context() {
    return context;
  }

  public LLVMModuleRef ref() {
    return ref;
  }

  /** Names what this module was made of; the name ends up in the symbol table of object files. */
  public void setSourceName(String name) {
    try (var text = new BytePointer(name)) {
      LLVMSetSourceFileName(ref, text, name.getBytes(StandardCharsets.UTF_8).length);
    }
  }

  /** Takes the triple and the data layout of the machine the module is for. */
  public void setTarget(LlvmTargetMachine machine) {
    LLVMSetTarget(ref, machine.target().triple());
    var layout = machine.newDataLayout();
    LLVMSetModuleDataLayout(ref, layout);
    LLVMDisposeTargetData(layout);
  }

  /**
   * Says on a function which processor it is for, and that its vectors may be as wide as they are
   * written: LLVM otherwise splits 512-bit vectors on processors where it deems them slow.
   */
  public void setFunctionTarget(LLVMValueRef function, LlvmTarget target) {
    addAttribute(function, "target-cpu", target.cpu());
    addAttribute(function, "target-features", target.features());
    if (target.isX86()) {
      addAttribute(function, "prefer-vector-width", "512");
      addAttribute(function, "min-legal-vector-width", "512");
    }
  }

  public void addAttribute(LLVMValueRef function, String name, String value) {
    try (var key = new BytePointer(name);
        var text = new BytePointer(value)) {
      LLVMAddAttributeAtIndex(
          function,
          LLVMAttributeFunctionIndex,
          LLVMCreateStringAttribute(
              context.ref(),
              key,
              name.getBytes(StandardCharsets.UTF_8).length,
              text,
              value.getBytes(StandardCharsets.UTF_8).length));
    }
  }

  /**
   * @throws CodegenException with what LLVM's verifier found
   */
  public void verify() {
    try (var message = new BytePointer((Pointer) null)) {
      var broken = LLVMVerifyModule(ref, LLVMReturnStatusAction, message) != 0;
      var text = LlvmStrings.take(message);
      if (broken) {
        throw new CodegenException("the generated LLVM IR is not valid: " + text);
      }
    }
  }

  /**
   * Runs passes, LLVM's loop and SLP vectorisers off.
   *
   * @throws CodegenException when LLVM does not know a pass
   */
  public void run(PassPipeline pipeline, LlvmTargetMachine machine) {
    var options = LLVMCreatePassBuilderOptions();
    try {
      LLVMPassBuilderOptionsSetLoopVectorization(options, 0);
      LLVMPassBuilderOptionsSetLoopInterleaving(options, 0);
      LLVMPassBuilderOptionsSetSLPVectorization(options, 0);
      LlvmStrings.check(
          LLVMRunPasses(ref, pipeline.text(), machine.ref(), options),
          "LLVM cannot run the passes " + pipeline.text());
    } finally {
      LLVMDisposePassBuilderOptions(options);
    }
    failOnErrors("LLVM's passes failed");
  }

  /** The ELF object file with this module's code. */
  public byte[] emitObject(LlvmTargetMachine machine) {
    return emit(machine, LLVMObjectFile);
  }

  /** Writes the ELF object file with this module's code, for those too large for the heap. */
  public void emitObject(LlvmTargetMachine machine, Path file) {
    try (var message = new BytePointer((Pointer) null);
        var path = new BytePointer(file.toString())) {
      if (LLVMTargetMachineEmitToFile(machine.ref(), ref, path, LLVMObjectFile, message) != 0) {
        throw new CodegenException("LLVM cannot write " + file + ": " + LlvmStrings.take(message));
      }
    }
    failOnErrors("LLVM cannot emit code");
  }

  /** The assembly text (for NVPTX: PTX). */
  public String emitAssembly(LlvmTargetMachine machine) {
    return new String(emit(machine, LLVMAssemblyFile), StandardCharsets.UTF_8);
  }

  private byte[] emit(LlvmTargetMachine machine, int fileType) {
    var buffer = new LLVMMemoryBufferRef();
    try (var message = new BytePointer((Pointer) null)) {
      if (LLVMTargetMachineEmitToMemoryBuffer(machine.ref(), ref, fileType, message, buffer) != 0) {
        throw new CodegenException("LLVM cannot emit code: " + LlvmStrings.take(message));
      }
    }
    var bytes = LlvmBuffers.take(buffer);
    failOnErrors("LLVM cannot emit code");
    return bytes;
  }

  /** This module as bitcode. */
  public byte[] toBitcode() {
    return LlvmBuffers.take(LLVMWriteBitcodeToMemoryBuffer(ref));
  }

  /** True where the module has the body of that function. */
  public boolean defines(String function) {
    LLVMValueRef found = LLVMGetNamedFunction(ref, function);
    return found != null && LLVMIsDeclaration(found) == 0;
  }

  /**
   * Moves the content of another module of the same context into this one. The other is closed.
   *
   * @throws CodegenException when a symbol is defined in both
   */
  public void link(LlvmModule other) {
    context.forget(other);
    var failed = LLVMLinkModules2(ref, other.ref) != 0;
    other.ref.setNull();
    var errors = context.takeErrors();
    if (failed) {
      throw new CodegenException("LLVM cannot link modules" + errors);
    }
  }

  /**
   * Gives a function defined here a second name that is visible outside the library.
   *
   * @throws CodegenException when the function is not here
   */
  public void exportAs(String function, String name) {
    var value = LLVMGetNamedFunction(ref, function);
    if (value == null || value.isNull()) {
      throw new CodegenException("there is no function " + function + " to export as " + name);
    }
    var alias = LLVMAddAlias2(ref, LLVMGlobalGetValueType(value), 0, value, new BytePointer(name));
    LLVMSetVisibility(alias, LLVMDefaultVisibility);
  }

  private void failOnErrors(String what) {
    var errors = context.takeErrors();
    if (!errors.isEmpty()) {
      throw new CodegenException(what + errors);
    }
  }

  /** LLVM's text form. */
  @Override
  public String toString() {
    return LlvmStrings.take(LLVMPrintModuleToString(ref));
  }

  @Override
  public void close() {
    if (!ref.isNull()) {
      context.forget(this);
      LLVMDisposeModule(ref);
      ref.setNull();
    }
  }
}
