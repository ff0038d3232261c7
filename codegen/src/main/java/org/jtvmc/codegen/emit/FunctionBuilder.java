package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.llvm.LLVM.LLVMAttributeRef;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;

/** Declares LLVM functions with the attributes that generated code relies on. */
final class FunctionBuilder {
  private final IrBuilder ir;
  private final InstructionSet target;

  FunctionBuilder(IrBuilder ir, InstructionSet target) {
    this.ir = ir;
    this.target = target;
  }

  LLVMTypeRef type(LLVMTypeRef result, LLVMTypeRef... parameters) {
    try (PointerPointer<LLVMTypeRef> list = new PointerPointer<>(Math.max(1, parameters.length))) {
      for (int i = 0; i < parameters.length; i++) {
        list.put(i, parameters[i]);
      }
      return LLVMFunctionType(result, list, parameters.length, 0);
    }
  }

  /** A function of the runtime. */
  LLVMValueRef external(String name, LLVMTypeRef type) {
    LLVMValueRef found = LLVMGetNamedFunction(ir.module(), name);
    return found != null && !found.isNull() ? found : LLVMAddFunction(ir.module(), name, type);
  }

  /** A function that the library or the JIT looks up. */
  LLVMValueRef exported(String name, LLVMTypeRef type) {
    LLVMValueRef function = LLVMAddFunction(ir.module(), name, type);
    attribute(function, "nounwind");
    tune(function);
    return function;
  }

  /**
   * A function of this module. It is never inlined: what is known of its parameters, such as that
   * they do not overlap, would be lost.
   */
  LLVMValueRef internal(String name, LLVMTypeRef type) {
    LLVMValueRef function = exported(name, type);
    LLVMSetLinkage(function, LLVMInternalLinkage);
    attribute(function, "noinline");
    return function;
  }

  /** States that the first {@code count} parameters are pointers that share no written memory. */
  void declareDistinct(LLVMValueRef function, int count) {
    for (int parameter = 1; parameter <= count; parameter++) {
      for (String name : new String[] {"noalias", "nonnull", "noundef"}) {
        LLVMAddAttributeAtIndex(function, parameter, enumAttribute(name));
      }
    }
  }

  /** States that the address given for a parameter is a multiple of {@code bytes}. */
  void declareAligned(LLVMValueRef function, int parameter, int bytes) {
    String name = "align";
    int kind = LLVMGetEnumAttributeKindForName(name, name.length());
    LLVMAddAttributeAtIndex(
        function, parameter + 1, LLVMCreateEnumAttribute(ir.context(), kind, bytes));
  }

  /** States that a parameter is a value of {@code type}, which is passed in memory. */
  void declareByValue(LLVMValueRef function, int parameter, LLVMTypeRef type) {
    String name = "byval";
    int kind = LLVMGetEnumAttributeKindForName(name, name.length());
    LLVMAddAttributeAtIndex(
        function, parameter + 1, LLVMCreateTypeAttribute(ir.context(), kind, type));
  }

  /** States that nothing is written through a parameter. */
  void declareReadOnly(LLVMValueRef function, int parameter) {
    LLVMAddAttributeAtIndex(function, parameter + 1, enumAttribute("readonly"));
  }

  private void tune(LLVMValueRef function) {
    if (target.isX86()) {
      String bits = Integer.toString(target.vectorBits());
      attribute(function, "prefer-vector-width", bits);
      attribute(function, "min-legal-vector-width", bits);
      attribute(function, "probe-stack", "inline-asm");
    }
  }

  private void attribute(LLVMValueRef function, String name) {
    LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, enumAttribute(name));
  }

  private LLVMAttributeRef enumAttribute(String name) {
    int kind = LLVMGetEnumAttributeKindForName(name, name.length());
    return LLVMCreateEnumAttribute(ir.context(), kind, 0);
  }

  private void attribute(LLVMValueRef function, String key, String value) {
    LLVMAddAttributeAtIndex(
        function,
        LLVMAttributeFunctionIndex,
        LLVMCreateStringAttribute(ir.context(), key, key.length(), value, value.length()));
  }
}
