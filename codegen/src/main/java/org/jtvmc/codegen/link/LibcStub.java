package org.jtvmc.codegen.link;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmTarget;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.llvm.OptLevel;

/**
 * A stand-in for {@code libc.so.6} to link against: it defines the names that generated code and
 * the native runtime may use, so that no development package is needed and a stray dependency is a
 * link error. Its symbols carry no versions; the loader then takes the C library's own default.
 */
public final class LibcStub {

  /** The names it defines. */
  public static final List<String> FUNCTIONS =
      List.of(
          // What LLVM itself may call.
          "memcpy",
          "memmove",
          "memset",
          "memcmp",
          // The native runtime (system.h). __tls_get_addr is the loader's, which libc.so.6 needs.
          "__errno_location",
          "__tls_get_addr",
          "aligned_alloc",
          "clock_gettime",
          "close",
          "dladdr",
          "dlopen",
          "dlsym",
          "free",
          "getenv",
          "lseek",
          "madvise",
          "mmap",
          "munmap",
          "open",
          "pthread_create",
          "pthread_join",
          "read",
          "sched_getcpu",
          "snprintf",
          "strcmp",
          "strerror_r",
          "strtod",
          "strtof",
          "strlen",
          "syscall",
          "vsnprintf",
          // Of the start-up files of other tool chains; weak in what clang emits.
          "__cxa_finalize");

  private LibcStub() {}

  /** Writes the stub for x86-64. */
  public static void write(LlvmTools tools, Path file) throws IOException {
    var text =
        FUNCTIONS.stream()
            .map(name -> "define void @" + name + "() { ret void }\n")
            .collect(Collectors.joining());
    var target = new LlvmTarget("x86_64-unknown-linux-gnu", "x86-64", "", OptLevel.LESS);
    var object = Files.createTempFile("libc", ".o");
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(target)) {
      var module = context.parseIr("libc", text);
      module.setTarget(machine);
      Files.write(object, module.emitObject(machine));
      tools.lld(
          List.of(
              "-shared",
              "-m",
              "elf_x86_64",
              "-soname",
              "libc.so.6",
              "-o",
              file.toString(),
              object.toString()));
    } finally {
      Files.delete(object);
    }
  }
}
