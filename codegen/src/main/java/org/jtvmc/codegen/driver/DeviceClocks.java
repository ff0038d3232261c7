package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The clocks at which a device runs now, from NVIDIA's management library (NVML). Where that
 * library is not installed, or refuses, nothing is known of them, and {@link #problem} says why.
 */
public final class DeviceClocks implements AutoCloseable {

  /** Names the management library where it is not found by its usual name. */
  public static final String LIBRARY_VARIABLE = "JTVMC_LIBNVML";

  /** NVML_CLOCK_SM and NVML_CLOCK_MEM. */
  private static final int SM = 1;

  private static final int MEMORY = 2;

  /**
   * Of NVML's reasons for a lower clock: slowdown by hardware, heat (software, hardware), the power
   * brake. The limit of the power, which every large product meets, is not among them.
   */
  private static final long HELD_DOWN = 0x8 | 0x20 | 0x40 | 0x80;

  /**
   * What was read.
   *
   * @param multiprocessorMhz the clock of the SMs
   * @param memoryMhz the clock of the memory; empty where the device does not tell it
   * @param heldDown whether heat or the supply of power holds them down
   */
  public record Reading(int multiprocessorMhz, Optional<Integer> memoryMhz, boolean heldDown) {}

  private final Arena arena = Arena.ofShared();
  private final MemorySegment device = arena.allocate(ADDRESS);
  private Optional<String> problem;
  private DriverLibrary library;
  private boolean started;

  private DeviceClocks(String file, String busId) {
    try {
      library = new DriverLibrary(file, arena);
      int code = call("nvmlInit_v2");
      started = code == 0;
      if (started) {
        code = find(busId);
      }
      problem =
          code == 0
              ? Optional.empty()
              : Optional.of("%s finds no clocks (NVML error %d)".formatted(file, code));
    } catch (IllegalArgumentException _) {
      problem = Optional.of("%s cannot be loaded".formatted(file));
    } catch (CudaUnavailableException e) {
      problem = Optional.of(e.getMessage());
    }
  }

  /** Those of a device, as far as they can be had. */
  public static DeviceClocks of(CudaDevice device) {
    return of(device, System.getenv().getOrDefault(LIBRARY_VARIABLE, "libnvidia-ml.so.1"));
  }

  /** As {@link #of(CudaDevice)}, from the library in a file. */
  public static DeviceClocks of(CudaDevice device, String file) {
    return new DeviceClocks(file, device.busId());
  }

  /** Why there are none; empty where they can be read. */
  public Optional<String> problem() {
    return problem;
  }

  /** The clocks now; empty where they cannot be read. */
  public Optional<Reading> read() {
    if (problem.isPresent()) {
      return Optional.empty();
    }
    return clock(SM).map(mhz -> new Reading(mhz, clock(MEMORY), isHeldDown()));
  }

  private int find(String busId) {
    try (Arena call = Arena.ofConfined()) {
      return (int)
          function("nvmlDeviceGetHandleByPciBusId_v2", ADDRESS, ADDRESS)
              .invokeExact(call.allocateFrom(busId), device);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  private Optional<Integer> clock(int which) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment mhz = call.allocate(JAVA_INT);
      int code =
          (int)
              function("nvmlDeviceGetClockInfo", ADDRESS, JAVA_INT, ADDRESS)
                  .invokeExact(device.get(ADDRESS, 0), which, mhz);
      return code == 0 ? Optional.of(mhz.get(JAVA_INT, 0)) : Optional.empty();
    } catch (CudaUnavailableException _) {
      return Optional.empty();
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  private boolean isHeldDown() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment reasons = call.allocate(JAVA_LONG);
      int code =
          (int)
              function("nvmlDeviceGetCurrentClocksThrottleReasons", ADDRESS, ADDRESS)
                  .invokeExact(device.get(ADDRESS, 0), reasons);
      return code == 0 && (reasons.get(JAVA_LONG, 0) & HELD_DOWN) != 0;
    } catch (CudaUnavailableException _) {
      return false;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  private int call(String name) {
    try {
      return (int) function(name).invokeExact();
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  private MethodHandle function(String name, MemoryLayout... parameters) {
    return library.function(name, parameters);
  }

  @Override
  public void close() {
    try {
      if (started) {
        call("nvmlShutdown");
      }
    } finally {
      arena.close();
    }
  }
}
