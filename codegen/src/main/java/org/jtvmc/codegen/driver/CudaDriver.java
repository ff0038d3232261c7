package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The CUDA driver of this machine, initialised. Closed after everything that was made of it. */
public final class CudaDriver implements AutoCloseable {

  /** Names the driver's library where it is not found by its usual name. */
  public static final String LIBRARY_VARIABLE = "JTVMC_LIBCUDA";

  /** The first driver with all that is used here: CUDA 11.4. */
  private static final int OLDEST = 11_040;

  private final Arena arena = Arena.ofShared();
  private final DriverLibrary library;
  private final int version;

  private CudaDriver(String file) {
    try {
      library = load(file, arena);
      version = version();
      if (version < OLDEST) {
        throw new CudaUnavailableException(
            "the NVIDIA driver supports CUDA %s, and %s or newer is needed: update it"
                .formatted(text(version), text(OLDEST)));
      }
      initialize();
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Loads and initialises the driver.
   *
   * @throws CudaUnavailableException where there is none, or none that works
   */
  public static CudaDriver open() {
    return open(System.getenv().getOrDefault(LIBRARY_VARIABLE, "libcuda.so.1"));
  }

  /** As {@link #open()}, of the library in a file. */
  public static CudaDriver open(String file) {
    return new CudaDriver(file);
  }

  private static DriverLibrary load(String file, Arena arena) {
    try {
      return new DriverLibrary(file, arena);
    } catch (IllegalArgumentException e) {
      throw new CudaUnavailableException(
          "there is no NVIDIA driver here: %s cannot be loaded".formatted(file), e);
    }
  }

  /** The newest CUDA that the driver supports: 12040 for 12.4. */
  public int version() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment number = call.allocate(JAVA_INT);
      library.check(
          (int) library.function("cuDriverGetVersion", ADDRESS).invokeExact(number),
          "the NVIDIA driver does not say its version");
      return number.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** The same for people. */
  public String versionText() {
    return text(version);
  }

  private static String text(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  private void initialize() {
    try {
      int code = (int) library.function("cuInit", JAVA_INT).invokeExact(0);
      if (code != 0) {
        throw new CudaUnavailableException(
            "the NVIDIA driver does not start: %s (CUDA error %d)"
                .formatted(library.reason(code), code));
      }
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** All GPUs that this process may use. */
  public List<CudaDevice> devices() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment number = call.allocate(JAVA_INT);
      library.check(
          (int) library.function("cuDeviceGetCount", ADDRESS).invokeExact(number),
          "GPUs cannot be counted");
      List<CudaDevice> devices = new ArrayList<>();
      for (int ordinal = 0; ordinal < number.get(JAVA_INT, 0); ordinal++) {
        devices.add(new CudaDevice(library, ordinal));
      }
      return devices;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /**
   * A GPU.
   *
   * @param ordinal as the driver counts
   * @throws CudaUnavailableException where there is no such GPU
   */
  public CudaDevice device(int ordinal) {
    List<CudaDevice> devices = devices();
    if (ordinal < 0 || ordinal >= devices.size()) {
      throw new CudaUnavailableException(
          devices.isEmpty()
              ? "the NVIDIA driver finds no GPU"
              : "there is no GPU %d: the driver finds %d".formatted(ordinal, devices.size()));
    }
    return devices.get(ordinal);
  }

  @Override
  public void close() {
    arena.close();
  }
}
