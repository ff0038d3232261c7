package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** A queue of work on a device: what is put into it is done in order. */
public final class CudaStream implements AutoCloseable {

  /** CU_STREAM_NON_BLOCKING: does not wait for the device's default stream. */
  private static final int NON_BLOCKING = 1;

  private final DriverLibrary library;
  private final MemorySegment handle;
  private final MethodHandle synchronize;

  CudaStream(DriverLibrary library) {
    this.library = library;
    synchronize = library.function("cuStreamSynchronize", ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stream = arena.allocate(ADDRESS);
      library.check(
          (int)
              library
                  .function("cuStreamCreate", ADDRESS, JAVA_INT)
                  .invokeExact(stream, NON_BLOCKING),
          "no stream can be made");
      handle = stream.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** The driver's {@code CUstream}. */
  public MemorySegment handle() {
    return handle;
  }

  public CudaEvent newEvent() {
    return new CudaEvent(library);
  }

  /** What {@code work} puts into this stream, for later: nothing of it runs now. */
  public CudaGraph capture(Runnable work) {
    return new CudaGraph(library, this, work);
  }

  /**
   * Waits until all that was put into it is done.
   *
   * @throws CudaException where a kernel faulted meanwhile
   */
  public void synchronize() {
    try {
      library.check((int) synchronize.invokeExact(handle), "a kernel failed on the GPU");
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  @Override
  public void close() {
    try {
      int code = (int) library.function("cuStreamDestroy_v2", ADDRESS).invokeExact(handle);
      assert code >= 0;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }
}
