package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A moment in a stream, whose time the device notes when it comes to it. */
public final class CudaEvent implements AutoCloseable {

  private final DriverLibrary library;
  private final MemorySegment handle;

  CudaEvent(DriverLibrary library) {
    this.library = library;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(ADDRESS);
      library.check(
          (int) library.function("cuEventCreate", ADDRESS, JAVA_INT).invokeExact(event, 0),
          "no event can be made");
      handle = event.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** Puts it into a stream, behind what is there already. */
  public void record(CudaStream stream) {
    try {
      library.check(
          (int)
              library
                  .function("cuEventRecord", ADDRESS, ADDRESS)
                  .invokeExact(handle, stream.handle()),
          "an event cannot be recorded");
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** The milliseconds from an earlier event to this one; both have happened. */
  public double millisecondsSince(CudaEvent earlier) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(JAVA_FLOAT);
      library.check(
          (int)
              library
                  .function("cuEventElapsedTime", ADDRESS, ADDRESS, ADDRESS)
                  .invokeExact(time, earlier.handle, handle),
          "the time between two events cannot be read");
      return time.get(JAVA_FLOAT, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  @Override
  public void close() {
    try {
      int code = (int) library.function("cuEventDestroy_v2", ADDRESS).invokeExact(handle);
      assert code >= 0;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }
}
