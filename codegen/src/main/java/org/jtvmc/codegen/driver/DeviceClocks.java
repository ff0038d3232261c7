package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.OptionalInt;

/**
 * The clocks at which a device runs now, from NVIDIA's management library. Where that library is
 * not installed, or refuses, nothing is known.
 */
public final class DeviceClocks implements AutoCloseable {

  /** NVML_CLOCK_SM and NVML_CLOCK_MEM. */
  private static final int SM = 1;

  private static final int MEMORY = 2;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment device = arena.allocate(ADDRESS);
  private MethodHandle read;

  public DeviceClocks(CudaDevice of) {
    try {
      DriverLibrary library = new DriverLibrary("libnvidia-ml.so.1", arena);
      int started = (int) library.function("nvmlInit_v2").invokeExact();
      int found =
          started != 0
              ? started
              : (int)
                  library
                      .function("nvmlDeviceGetHandleByPciBusId_v2", ADDRESS, ADDRESS)
                      .invokeExact(arena.allocateFrom(of.busId()), device);
      if (found == 0) {
        read = library.function("nvmlDeviceGetClockInfo", ADDRESS, JAVA_INT, ADDRESS);
      }
    } catch (IllegalArgumentException | CudaUnavailableException _) {
      read = null;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** The clock of the SMs, in MHz. */
  public OptionalInt multiprocessorMhz() {
    return clock(SM);
  }

  /** The clock of the memory, in MHz. */
  public OptionalInt memoryMhz() {
    return clock(MEMORY);
  }

  private OptionalInt clock(int which) {
    if (read == null) {
      return OptionalInt.empty();
    }
    try (Arena call = Arena.ofConfined()) {
      MemorySegment mhz = call.allocate(JAVA_INT);
      int code = (int) read.invokeExact(device.get(ADDRESS, 0), which, mhz);
      return code == 0 ? OptionalInt.of(mhz.get(JAVA_INT, 0)) : OptionalInt.empty();
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
