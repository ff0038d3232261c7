package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMJITSymbolGenericFlagsCallable;
import static org.bytedeco.llvm.global.LLVM.LLVMJITSymbolGenericFlagsExported;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcAbsoluteSymbols;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcCreateLLJIT;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcDisposeLLJIT;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcDisposeMaterializationUnit;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcJITDylibAddGenerator;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcJITDylibDefine;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcLLJITAddObjectFile;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcLLJITGetExecutionSession;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcLLJITGetGlobalPrefix;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcLLJITGetMainJITDylib;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcLLJITLookup;
import static org.bytedeco.llvm.global.LLVM.LLVMOrcLLJITMangleAndIntern;

import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.llvm.LLVM.LLVMJITSymbolFlags;
import org.bytedeco.llvm.LLVM.LLVMOrcCSymbolMapPair;
import org.bytedeco.llvm.LLVM.LLVMOrcDefinitionGeneratorRef;
import org.bytedeco.llvm.LLVM.LLVMOrcJITDylibRef;
import org.bytedeco.llvm.LLVM.LLVMOrcLLJITBuilderRef;
import org.bytedeco.llvm.LLVM.LLVMOrcLLJITRef;
import org.jtvmc.codegen.CodegenException;

/**
 * Code in this process: object files linked into memory by LLVM's ORC, beside symbols at known
 * addresses and what this process exports (its C library). Closing it unmaps the code.
 *
 * <p>What runs is the object file that a library would hold, so a measured kernel is the kernel
 * that ships.
 */
public final class Jit implements AutoCloseable {

  private final LLVMOrcLLJITRef ref = new LLVMOrcLLJITRef();
  private final LLVMOrcJITDylibRef symbols;
  private final ErrorCollector errors = new ErrorCollector();

  public Jit() {
    BackEnd.registerX86();
    LlvmStrings.check(
        LLVMOrcCreateLLJIT(ref, new LLVMOrcLLJITBuilderRef((Pointer) null)),
        "LLVM's JIT cannot start");
    errors.attach(LLVMOrcLLJITGetExecutionSession(ref));
    symbols = LLVMOrcLLJITGetMainJITDylib(ref);
    var process = new LLVMOrcDefinitionGeneratorRef();
    LlvmStrings.check(
        LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(
            process, LLVMOrcLLJITGetGlobalPrefix(ref), null, null),
        "LLVM's JIT cannot see this process");
    LLVMOrcJITDylibAddGenerator(symbols, process);
  }

  /**
   * Gives an address a name that objects may refer to.
   *
   * @throws CodegenException when the name is taken
   */
  public void define(String name, MemorySegment address) {
    try (var pair = new LLVMOrcCSymbolMapPair();
        var flags = new LLVMJITSymbolFlags()) {
      flags.GenericFlags(
          (byte) (LLVMJITSymbolGenericFlagsExported | LLVMJITSymbolGenericFlagsCallable));
      flags.TargetFlags((byte) 0);
      pair.Name(LLVMOrcLLJITMangleAndIntern(ref, name));
      pair.Sym().Address(address.address());
      pair.Sym().Flags(flags);
      var unit = LLVMOrcAbsoluteSymbols(pair, 1);
      var error = LLVMOrcJITDylibDefine(symbols, unit);
      if (error != null && !error.isNull()) {
        LLVMOrcDisposeMaterializationUnit(unit);
      }
      LlvmStrings.check(error, "cannot define " + name);
    }
  }

  /**
   * Adds an ELF object file. It is linked when one of its symbols is looked up.
   *
   * @throws CodegenException when it is no object file, or defines a name that is taken
   */
  public void addObject(byte[] object) {
    LlvmStrings.check(
        LLVMOrcLLJITAddObjectFile(ref, symbols, LlvmBuffers.copyOf(object, "object")),
        "cannot load an object file");
  }

  /**
   * The address of a symbol, linking what it needs. The segment has size zero; it dies with this
   * object.
   *
   * @throws CodegenException when there is no such symbol, or one that it needs is missing
   */
  public MemorySegment lookup(String name) {
    var address = new long[1];
    try {
      LlvmStrings.check(LLVMOrcLLJITLookup(ref, address, name), "cannot find " + name);
    } catch (CodegenException e) {
      // ORC's own message only names the symbols; why they failed, it reports.
      var reasons = errors.take();
      throw reasons.isEmpty()
          ? e
          : new CodegenException(e.getMessage() + ": " + String.join("; ", reasons), e);
    }
    return MemorySegment.ofAddress(address[0]);
  }

  @Override
  public void close() {
    if (!ref.isNull()) {
      LlvmStrings.check(LLVMOrcDisposeLLJIT(ref), "LLVM's JIT cannot be closed");
      ref.setNull();
      errors.close();
    }
  }
}
