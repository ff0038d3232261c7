package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMContextCreate;
import static org.bytedeco.llvm.global.LLVM.LLVMContextDispose;
import static org.bytedeco.llvm.global.LLVM.LLVMModuleCreateWithNameInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMParseBitcodeInContext2;
import static org.bytedeco.llvm.global.LLVM.LLVMParseIRInContext;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.llvm.LLVM.LLVMContextRef;
import org.bytedeco.llvm.LLVM.LLVMModuleRef;
import org.jtvmc.codegen.CodegenException;

/** What owns LLVM's types and constants, and the modules made of them. */
public final class LlvmContext implements AutoCloseable {

  private final LLVMContextRef ref;
  private final ErrorCollector errors = new ErrorCollector();
  private final List<LlvmModule> modules = new ArrayList<>();

  public LlvmContext() {
    ref = LLVMContextCreate();
    errors.attach(ref);
  }

  public LLVMContextRef ref() {
    return ref;
  }

  /** An empty module. It is closed with this context, or before. */
  public LlvmModule newModule(String name) {
    return adopt(LLVMModuleCreateWithNameInContext(name, ref));
  }

  /**
   * Parses LLVM's text form.
   *
   * @throws CodegenException with LLVM's message, which has line and column
   */
  public LlvmModule parseIr(String name, String text) {
    var buffer = LlvmBuffers.copyOf(text.getBytes(StandardCharsets.UTF_8), name);
    var module = new LLVMModuleRef();
    try (var message = new BytePointer((Pointer) null)) {
      // Parsing takes the buffer, even when it fails.
      if (LLVMParseIRInContext(ref, buffer, module, message) != 0) {
        throw new CodegenException("LLVM cannot parse: " + LlvmStrings.take(message));
      }
    }
    return adopt(module);
  }

  /**
   * Reads bitcode.
   *
   * @throws CodegenException with LLVM's message
   */
  public LlvmModule parseBitcode(String name, byte[] bitcode) {
    var buffer = LlvmBuffers.copyOf(bitcode, name);
    var module = new LLVMModuleRef();
    try {
      if (LLVMParseBitcodeInContext2(ref, buffer, module) != 0) {
        throw new CodegenException("LLVM cannot read the bitcode " + name + takeErrors());
      }
    } finally {
      LlvmBuffers.dispose(buffer);
    }
    return adopt(module);
  }

  private LlvmModule adopt(LLVMModuleRef module) {
    var adopted = new LlvmModule(this, module);
    modules.add(adopted);
    return adopted;
  }

  void forget(LlvmModule module) {
    modules.remove(module);
  }

  /** The errors reported since the last call, each after a colon; empty when there were none. */
  String takeErrors() {
    return errors.take().stream().map(message -> ": " + message).collect(Collectors.joining());
  }

  /** Closes the modules too. */
  @Override
  public void close() {
    if (ref.isNull()) {
      return;
    }
    List.copyOf(modules).forEach(LlvmModule::close);
    LLVMContextDispose(ref);
    ref.setNull();
    errors.close();
  }
}
