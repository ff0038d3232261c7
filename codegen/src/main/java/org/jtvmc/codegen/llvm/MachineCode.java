package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMCreateBinary;
import static org.bytedeco.llvm.global.LLVM.LLVMCreateDisasm;
import static org.bytedeco.llvm.global.LLVM.LLVMDisasmDispose;
import static org.bytedeco.llvm.global.LLVM.LLVMDisasmInstruction;
import static org.bytedeco.llvm.global.LLVM.LLVMDisposeBinary;
import static org.bytedeco.llvm.global.LLVM.LLVMDisposeSectionIterator;
import static org.bytedeco.llvm.global.LLVM.LLVMGetSectionContents;
import static org.bytedeco.llvm.global.LLVM.LLVMGetSectionName;
import static org.bytedeco.llvm.global.LLVM.LLVMGetSectionSize;
import static org.bytedeco.llvm.global.LLVM.LLVMMoveToNextSection;
import static org.bytedeco.llvm.global.LLVM.LLVMObjectFileCopySectionIterator;
import static org.bytedeco.llvm.global.LLVM.LLVMObjectFileIsSectionIteratorAtEnd;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.llvm.LLVM.LLVMBinaryRef;
import org.bytedeco.llvm.LLVM.LLVMContextRef;
import org.bytedeco.llvm.LLVM.LLVMDisasmContextRef;
import org.jtvmc.codegen.CodegenException;

/** Reads object files for x86-64: which instructions their code is made of. */
public final class MachineCode {

  /** Stands for bytes in a code section that are no instruction LLVM knows. */
  public static final String UNKNOWN = "(bad)";

  private static final String TRIPLE = "x86_64-unknown-linux-gnu";

  /** An instruction has 15 bytes at the most; its text is well below this. */
  private static final int TEXT_BYTES = 256;

  private MachineCode() {}

  /**
   * The mnemonics of the instructions in the code sections, as LLVM's assembler writes them,
   * without prefixes; with {@link #UNKNOWN} where some bytes are none.
   *
   * @param objects ELF object files
   * @throws CodegenException when one is not an object file
   */
  public static Set<String> mnemonics(List<byte[]> objects) {
    BackEnd.registerX86Disassembler();
    var found = new TreeSet<String>();
    LLVMDisasmContextRef disassembler = LLVMCreateDisasm(TRIPLE, null, 0, null, null);
    try {
      for (byte[] object : objects) {
        addSections(object, disassembler, found);
      }
    } finally {
      LLVMDisasmDispose(disassembler);
    }
    return found;
  }

  private static void addSections(
      byte[] object, LLVMDisasmContextRef disassembler, Set<String> found) {
    var buffer = LlvmBuffers.copyOf(object, "object");
    try (var message = new BytePointer((Pointer) null)) {
      LLVMBinaryRef binary = LLVMCreateBinary(buffer, (LLVMContextRef) null, message);
      if (binary == null || binary.isNull()) {
        throw new CodegenException("an object file cannot be read: " + LlvmStrings.take(message));
      }
      var section = LLVMObjectFileCopySectionIterator(binary);
      while (LLVMObjectFileIsSectionIteratorAtEnd(binary, section) == 0) {
        BytePointer name = LLVMGetSectionName(section);
        if (name != null && name.getString().startsWith(".text")) {
          addCode(
              LLVMGetSectionContents(section), LLVMGetSectionSize(section), disassembler, found);
        }
        LLVMMoveToNextSection(section);
      }
      LLVMDisposeSectionIterator(section);
      LLVMDisposeBinary(binary);
    } finally {
      LlvmBuffers.dispose(buffer);
    }
  }

  private static void addCode(
      BytePointer code, long size, LLVMDisasmContextRef disassembler, Set<String> found) {
    try (var text = new BytePointer(TEXT_BYTES)) {
      ByteBuffer characters = text.asByteBuffer();
      for (long at = 0; at < size; ) {
        long length =
            LLVMDisasmInstruction(disassembler, code.position(at), size - at, at, text, TEXT_BYTES);
        found.add(length == 0 ? UNKNOWN : mnemonic(characters));
        at += Math.max(length, 1);
      }
    }
  }

  /** Of {@code "\t{vex}\tvpdpbusd\t%ymm1, %ymm2, %ymm3"} the {@code vpdpbusd}. */
  private static String mnemonic(ByteBuffer text) {
    var word = new StringBuilder();
    for (int i = 0; text.get(i) != 0; i++) {
      char character = (char) text.get(i);
      if (character > ' ') {
        word.append(character);
      } else if (!word.isEmpty() && word.charAt(0) != '{') {
        break;
      } else {
        word.setLength(0);
      }
    }
    return word.toString();
  }
}
