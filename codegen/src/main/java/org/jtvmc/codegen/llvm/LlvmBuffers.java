package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMCreateMemoryBufferWithMemoryRangeCopy;
import static org.bytedeco.llvm.global.LLVM.LLVMDisposeMemoryBuffer;
import static org.bytedeco.llvm.global.LLVM.LLVMGetBufferSize;
import static org.bytedeco.llvm.global.LLVM.LLVMGetBufferStart;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.llvm.LLVM.LLVMMemoryBufferRef;

/** LLVM's memory buffers from and to Java's arrays. */
final class LlvmBuffers {

  private LlvmBuffers() {}

  static LLVMMemoryBufferRef copyOf(byte[] bytes, String name) {
    try (var data = new BytePointer(bytes);
        var label = new BytePointer(name)) {
      return LLVMCreateMemoryBufferWithMemoryRangeCopy(data, bytes.length, label);
    }
  }

  /** The content; the buffer is freed. */
  static byte[] take(LLVMMemoryBufferRef buffer) {
    var bytes = new byte[Math.toIntExact(LLVMGetBufferSize(buffer))];
    LLVMGetBufferStart(buffer).get(bytes);
    dispose(buffer);
    return bytes;
  }

  static void dispose(LLVMMemoryBufferRef buffer) {
    LLVMDisposeMemoryBuffer(buffer);
    buffer.setNull();
  }
}
