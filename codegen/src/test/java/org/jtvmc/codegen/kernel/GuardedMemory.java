package org.jtvmc.codegen.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory that ends, or begins, where an unreadable page does: one byte beyond and the process dies.
 */
final class GuardedMemory implements AutoCloseable {
  /** On which side of the memory the unreadable page lies. */
  enum Side {
    BEFORE,
    AFTER
  }

  private static final long PAGE = 4096;
  private static final int READ_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;

  private final MethodHandle mmap =
      libc(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private final MethodHandle mprotect =
      libc("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private final MethodHandle munmap =
      libc("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private final List<MemorySegment> mappings = new ArrayList<>();

  MemorySegment allocate(long bytes, Side side) {
    long inner = (bytes + PAGE - 1) / PAGE * PAGE;
    long whole = inner + 2 * PAGE;
    try {
      MemorySegment mapping =
          ((MemorySegment)
                  mmap.invokeExact(
                      MemorySegment.NULL, whole, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L))
              .reinterpret(whole);
      mappings.add(mapping);
      protect(mapping.asSlice(0, PAGE));
      protect(mapping.asSlice(PAGE + inner, PAGE));
      return mapping.asSlice(side == Side.BEFORE ? PAGE : PAGE + inner - bytes, bytes);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private void protect(MemorySegment page) throws Throwable {
    int status = (int) mprotect.invokeExact(page, page.byteSize(), 0);
    if (status != 0) {
      throw new AssertionError("mprotect failed");
    }
  }

  private static MethodHandle libc(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }

  @Override
  public void close() {
    for (MemorySegment mapping : mappings) {
      try {
        int status = (int) munmap.invokeExact(mapping, mapping.byteSize());
        if (status != 0) {
          throw new AssertionError("munmap failed");
        }
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }
  }
}
