package org.jtvmc.codegen.llvm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.bytedeco.llvm.global.LLVM.LLVMDSError;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.llvm.LLVM.LLVMContextRef;
import org.bytedeco.llvm.LLVM.LLVMOrcExecutionSessionRef;
import org.bytedeco.llvm.global.LLVM;

/**
 * Receives what LLVM would otherwise print, ending the process after an error. LLVM calls it on the
 * thread that uses what it is attached to; close it after that.
 *
 * <p>The callbacks go through {@link java.lang.foreign}: JavaCPP has room for ten of a kind, and
 * silently installs none beyond.
 */
final class ErrorCollector implements AutoCloseable {

  private static final FunctionDescriptor CALLBACK = FunctionDescriptor.ofVoid(ADDRESS, ADDRESS);

  private static final MethodHandle SET_DIAGNOSTIC_HANDLER =
      function(
          "LLVMContextSetDiagnosticHandler", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle SEVERITY =
      function("LLVMGetDiagInfoSeverity", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle DESCRIPTION =
      function("LLVMGetDiagInfoDescription", FunctionDescriptor.of(ADDRESS, ADDRESS));
  private static final MethodHandle DISPOSE_MESSAGE =
      function("LLVMDisposeMessage", FunctionDescriptor.ofVoid(ADDRESS));
  private static final MethodHandle SET_ERROR_REPORTER =
      function(
          "LLVMOrcExecutionSessionSetErrorReporter",
          FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle ERROR_MESSAGE =
      function("LLVMGetErrorMessage", FunctionDescriptor.of(ADDRESS, ADDRESS));
  private static final MethodHandle DISPOSE_ERROR_MESSAGE =
      function("LLVMDisposeErrorMessage", FunctionDescriptor.ofVoid(ADDRESS));

  private final Arena arena = Arena.ofShared();
  private final List<String> messages = new ArrayList<>();

  /** Collects the errors of a context. */
  void attach(LLVMContextRef context) {
    attach(SET_DIAGNOSTIC_HANDLER, context.address(), "onDiagnostic");
  }

  /** Collects the errors of a JIT. */
  void attach(LLVMOrcExecutionSessionRef session) {
    attach(SET_ERROR_REPORTER, session.address(), "onError");
  }

  private void attach(MethodHandle setter, long source, String callback) {
    try {
      var method =
          MethodHandles.lookup()
              .bind(
                  this,
                  callback,
                  MethodType.methodType(void.class, MemorySegment.class, MemorySegment.class));
      var stub = Linker.nativeLinker().upcallStub(method, CALLBACK, arena);
      var place = MemorySegment.ofAddress(source);
      setter.invokeExact(place, stub, MemorySegment.NULL);
    } catch (Throwable e) {
      throw new IllegalStateException("LLVM's errors cannot be collected", e);
    }
  }

  /** {@code void (*LLVMDiagnosticHandler)(LLVMDiagnosticInfoRef, void*)}. */
  void onDiagnostic(MemorySegment info, MemorySegment closure) throws Throwable {
    if ((int) SEVERITY.invokeExact(info) == LLVMDSError) {
      messages.add(take((MemorySegment) DESCRIPTION.invokeExact(info), DISPOSE_MESSAGE));
    }
  }

  /** {@code void (*LLVMOrcErrorReporterFunction)(void*, LLVMErrorRef)}. */
  void onError(MemorySegment closure, MemorySegment error) throws Throwable {
    messages.add(take((MemorySegment) ERROR_MESSAGE.invokeExact(error), DISPOSE_ERROR_MESSAGE));
  }

  private static String take(MemorySegment message, MethodHandle dispose) throws Throwable {
    var text = message.reinterpret(Long.MAX_VALUE).getString(0, StandardCharsets.UTF_8).strip();
    dispose.invokeExact(message);
    return text;
  }

  /** The errors since the last call. */
  List<String> take() {
    var taken = List.copyOf(messages);
    messages.clear();
    return taken;
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    Loader.load(LLVM.class);
    return Linker.nativeLinker()
        .downcallHandle(SymbolLookup.loaderLookup().findOrThrow(name), type);
  }

  @Override
  public void close() {
    arena.close();
  }
}
