package org.jtvmc.codegen.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;
import org.jtvmc.codegen.llvm.LlvmTarget;
import org.jtvmc.codegen.llvm.OptLevel;

/** What {@link BuildRuntime} has put on the class path. */
public final class RuntimeResources {

  /** The headers a C program that uses a model library needs. */
  public static final List<String> HEADERS = List.of("jtvmc.h");

  /** The stand-in for the C library that libraries are linked against. */
  static final String LIBC = "libc.so.6";

  /**
   * The machine the runtime is compiled for: any x86-64, so that a library can look at the CPU
   * before it runs anything newer.
   */
  public static final LlvmTarget BASELINE =
      new LlvmTarget("x86_64-unknown-linux-gnu", "x86-64", "", OptLevel.DEFAULT);

  private RuntimeResources() {}

  /** A part of the runtime, optimised for {@link #BASELINE}, ready to be emitted or linked. */
  public static LlvmModule module(RuntimePart part, LlvmContext context) {
    return context.parseBitcode("jtvmc_runtime", read(bitcodeName(part)));
  }

  /** The stub to link libraries against. */
  public static byte[] libc() {
    return read(LIBC);
  }

  /** The text of one of {@link #HEADERS}. */
  public static String header(String name) {
    return new String(read(name), StandardCharsets.UTF_8);
  }

  static String bitcodeName(RuntimePart part) {
    return switch (part) {
      case KERNEL -> "runtime-kernel.bc";
      case LIBRARY -> "runtime-library.bc";
      case CUDA_LIBRARY -> "runtime-cuda-library.bc";
      case HOST -> "runtime-host.bc";
      case CONTROL -> "runtime-control.bc";
    };
  }

  private static byte[] read(String name) {
    try (var stream = RuntimeResources.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new CodegenException("the build has not produced the runtime's " + name);
      }
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
