package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A piece of a device's memory, freed when this is closed. */
public final class DeviceMemory implements AutoCloseable {

  private final DriverLibrary library;
  private final long address;
  private final long bytes;

  DeviceMemory(DriverLibrary library, long bytes) {
    this.library = library;
    this.bytes = bytes;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pointer = arena.allocate(JAVA_LONG);
      library.check(
          (int)
              library
                  .function("cuMemAlloc_v2", ADDRESS, JAVA_LONG)
                  .invokeExact(pointer, Math.max(bytes, 1)),
          "the GPU has no %d bytes of memory left".formatted(bytes));
      address = pointer.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** Where it begins, in the device's address space; a multiple of 256. */
  public long address() {
    return address;
  }

  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    try {
      // After a fault of a kernel the context is gone, and its memory with it.
      int code = (int) library.function("cuMemFree_v2", JAVA_LONG).invokeExact(address);
      assert code >= 0;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }
}
