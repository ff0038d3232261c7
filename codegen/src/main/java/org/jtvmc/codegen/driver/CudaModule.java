package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Code on a device, unloaded when this is closed. */
public final class CudaModule implements AutoCloseable {

  private static final int LOG_BYTES = 16 << 10;

  /** CU_JIT_ERROR_LOG_BUFFER and CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES. */
  private static final int ERROR_LOG = 5;

  private static final int ERROR_LOG_SIZE = 6;

  private final DriverLibrary library;
  private final MemorySegment handle;

  CudaModule(DriverLibrary library, byte[] image) {
    this.library = library;
    try (Arena arena = Arena.ofConfined()) {
      // PTX ends with a zero byte; a cubin knows its length.
      MemorySegment code = arena.allocate(image.length + 1L, 64);
      MemorySegment.copy(image, 0, code, JAVA_BYTE, 0, image.length);
      MemorySegment log = arena.allocate(LOG_BYTES);
      MemorySegment options = arena.allocateFrom(JAVA_INT, ERROR_LOG, ERROR_LOG_SIZE);
      MemorySegment values = arena.allocateFrom(JAVA_LONG, log.address(), LOG_BYTES);
      MemorySegment module = arena.allocate(ADDRESS);
      int status =
          (int)
              library
                  .function("cuModuleLoadDataEx", ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS)
                  .invokeExact(module, code, 2, options, values);
      if (status != 0) {
        String said = log.getString(0).strip();
        library.check(
            status, "the driver cannot load a kernel" + (said.isEmpty() ? "" : ": " + said));
      }
      handle = module.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /**
   * A kernel of the module.
   *
   * @param sharedBytes dynamic shared memory of each of its blocks
   * @throws CudaException where there is no such kernel, or the device has not so much memory
   */
  public CudaFunction function(String name, int sharedBytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment function = arena.allocate(ADDRESS);
      library.check(
          (int)
              library
                  .function("cuModuleGetFunction", ADDRESS, ADDRESS, ADDRESS)
                  .invokeExact(function, handle, arena.allocateFrom(name)),
          "the module has no kernel " + name);
      return new CudaFunction(library, name, function.get(ADDRESS, 0), sharedBytes);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  @Override
  public void close() {
    try {
      int code = (int) library.function("cuModuleUnload", ADDRESS).invokeExact(handle);
      assert code >= 0;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }
}
