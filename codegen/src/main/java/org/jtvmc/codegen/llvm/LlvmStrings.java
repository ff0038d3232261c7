package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMDisposeErrorMessage;
import static org.bytedeco.llvm.global.LLVM.LLVMDisposeMessage;
import static org.bytedeco.llvm.global.LLVM.LLVMGetErrorMessage;

import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.llvm.LLVM.LLVMErrorRef;
import org.jtvmc.codegen.CodegenException;

/** Strings that LLVM hands out and that the caller must free. */
final class LlvmStrings {

  private LlvmStrings() {}

  /** The text of a message, which is freed; empty for none. */
  static String take(BytePointer message) {
    if (message == null || message.isNull()) {
      return "";
    }
    var text = message.getString(StandardCharsets.UTF_8).strip();
    LLVMDisposeMessage(message);
    message.setNull();
    return text;
  }

  /** Throws when a call that returns an error has returned one. */
  static void check(LLVMErrorRef error, String what) {
    if (error == null || error.isNull()) {
      return;
    }
    throw new CodegenException(what + ": " + takeError(error));
  }

  /** The text of an error, which is freed. */
  static String takeError(LLVMErrorRef error) {
    var message = LLVMGetErrorMessage(error);
    var text = message.getString(StandardCharsets.UTF_8).strip();
    LLVMDisposeErrorMessage(message);
    return text;
  }
}
