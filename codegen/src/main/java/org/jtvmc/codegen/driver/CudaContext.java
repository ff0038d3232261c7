package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The primary context of a device, current on the thread that opened it and used by that thread
 * alone. Closed after all that was made in it.
 */
public final class CudaContext implements AutoCloseable {

  private final DriverLibrary library;
  private final CudaDevice device;
  private final MethodHandle copyIn;
  private final MethodHandle copyOut;
  private final MethodHandle fill;

  CudaContext(DriverLibrary library, CudaDevice device) {
    this.library = library;
    this.device = device;
    copyIn = library.function("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
    copyOut = library.function("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS);
    fill = library.function("cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment context = arena.allocate(ADDRESS);
      library.check(
          (int)
              library
                  .function("cuDevicePrimaryCtxRetain", ADDRESS, JAVA_INT)
                  .invokeExact(context, device.handle()),
          "the GPU cannot be used");
      library.check(
          (int) library.function("cuCtxSetCurrent", ADDRESS).invokeExact(context.get(ADDRESS, 0)),
          "the GPU cannot be used");
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  public CudaDevice device() {
    return device;
  }

  /** A queue of its own on the device. */
  public CudaStream newStream() {
    return new CudaStream(library);
  }

  /**
   * Loads code.
   *
   * @param image PTX text, or a cubin for this device
   * @throws CudaException with the assembler's own log where the driver refuses it
   */
  public CudaModule load(byte[] image) {
    return new CudaModule(library, image);
  }

  /**
   * Memory on the device, not initialised.
   *
   * @throws CudaException where there is not so much left
   */
  public DeviceMemory allocate(long bytes) {
    return new DeviceMemory(library, bytes);
  }

  /** Copies native memory to the device, in the stream's order. */
  public void copy(MemorySegment from, DeviceMemory to, CudaStream stream) {
    try {
      library.check(
          (int) copyIn.invokeExact(to.address(), from, from.byteSize(), stream.handle()),
          "copying to the GPU failed");
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** Copies from the device to native memory, in the stream's order. */
  public void copy(DeviceMemory from, MemorySegment to, CudaStream stream) {
    copy(from, 0, to, stream);
  }

  /**
   * As the other, of a part.
   *
   * @param offset of its first byte
   */
  public void copy(DeviceMemory from, long offset, MemorySegment to, CudaStream stream) {
    try {
      library.check(
          (int) copyOut.invokeExact(to, from.address() + offset, to.byteSize(), stream.handle()),
          "copying from the GPU failed");
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /**
   * Writes one value to every byte, in the stream's order. Over memory larger than the L2 cache,
   * this also empties the cache of everything else.
   */
  public void fill(DeviceMemory memory, byte value, CudaStream stream) {
    try {
      library.check(
          (int) fill.invokeExact(memory.address(), value, memory.bytes(), stream.handle()),
          "filling the GPU's memory failed");
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  @Override
  public void close() {
    try {
      // After a fault of a kernel this fails too; there is nothing left to release then.
      int code =
          (int)
              library
                  .function("cuDevicePrimaryCtxRelease_v2", JAVA_INT)
                  .invokeExact(device.handle());
      assert code >= 0;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }
}
