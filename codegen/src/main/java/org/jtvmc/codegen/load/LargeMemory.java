package org.jtvmc.codegen.load;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Native memory of which the large pieces lie in large pages where the system has them, as the
 * workspace of a compiled library does: fewer addresses to translate, and always the same lines
 * that share a set of a cache, where small pages lie as chance has it.
 */
public final class LargeMemory {
  private static final long LINE = 64;
  private static final long LARGE_PAGE = 2L << 20;

  /** Linux's MADV_HUGEPAGE. */
  private static final int USE_LARGE_PAGES = 14;

  private record Calls(MethodHandle alignedAlloc, MethodHandle advise, MethodHandle free) {}

  private static final Optional<Calls> CALLS = calls();

  private LargeMemory() {}

  private static Optional<Calls> calls() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.empty();
    }
    Linker linker = Linker.nativeLinker();
    SymbolLookup libc = linker.defaultLookup();
    Optional<MemorySegment> allocate = libc.find("aligned_alloc");
    Optional<MemorySegment> advise = libc.find("madvise");
    Optional<MemorySegment> free = libc.find("free");
    if (allocate.isEmpty() || advise.isEmpty() || free.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Calls(
            linker.downcallHandle(
                allocate.get(), FunctionDescriptor.of(ADDRESS, JAVA_LONG, JAVA_LONG)),
            linker.downcallHandle(
                advise.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT)),
            linker.downcallHandle(free.get(), FunctionDescriptor.ofVoid(ADDRESS))));
  }

  /** Zeros, at a line's begin or better, that live as long as the arena. */
  public static MemorySegment allocate(Arena arena, long bytes) {
    if (bytes < LARGE_PAGE || CALLS.isEmpty()) {
      return arena.allocate(bytes, LINE);
    }
    Calls calls = CALLS.get();
    long whole = Math.ceilDiv(bytes, LARGE_PAGE) * LARGE_PAGE;
    try {
      MemorySegment memory = (MemorySegment) calls.alignedAlloc.invokeExact(LARGE_PAGE, whole);
      if (memory.address() == 0) {
        throw new OutOfMemoryError(
            "the system has no " + whole + " bytes for a tensor: free memory");
      }
      // Where the system has none for us, small pages do as well.
      int _ = (int) calls.advise.invokeExact(memory, whole, USE_LARGE_PAGES);
      return memory.reinterpret(bytes, arena, LargeMemory::free).fill((byte) 0);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  private static void free(MemorySegment memory) {
    try {
      CALLS.orElseThrow().free.invokeExact(memory);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }
}
