package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** A shared library of NVIDIA's whose functions return a status, 0 for success. */
final class DriverLibrary {

  private final String file;
  private final SymbolLookup symbols;

  /**
   * Loads the library.
   *
   * @param arena for as long as its functions may be called
   * @throws IllegalArgumentException where there is none
   */
  DriverLibrary(String file, Arena arena) {
    this.file = file;
    this.symbols = SymbolLookup.libraryLookup(file, arena);
  }

  /**
   * A function with these parameters.
   *
   * @throws CudaUnavailableException where the library is too old to have it
   */
  MethodHandle function(String name, MemoryLayout... parameters) {
    MemorySegment address =
        symbols
            .find(name)
            .orElseThrow(
                () ->
                    new CudaUnavailableException(
                        "%s has no function %s: update the NVIDIA driver".formatted(file, name)));
    return Linker.nativeLinker()
        .downcallHandle(address, FunctionDescriptor.of(JAVA_INT, parameters));
  }

  /** Throws for a status that is no success, with the driver's own words for it. */
  void check(int code, String what) {
    if (code != 0) {
      throw new CudaException(code, "%s: %s (CUDA error %d)".formatted(what, reason(code), code));
    }
  }

  /** What the driver says of a status. */
  String reason(int code) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(ADDRESS);
      int unknown = (int) function("cuGetErrorString", JAVA_INT, ADDRESS).invokeExact(code, text);
      return unknown == 0
          ? text.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0)
          : "unknown error";
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** A call of a native function throws nothing of its own. */
  static RuntimeException unexpected(Throwable thrown) {
    return switch (thrown) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      case Throwable e -> new IllegalStateException("a native call failed", e);
    };
  }
}
