package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/** A GPU of this machine. */
public final class CudaDevice {

  private static final int LONGEST_NAME = 256;

  private final DriverLibrary library;
  private final int ordinal;
  private final int handle;

  CudaDevice(DriverLibrary library, int ordinal) {
    this.library = library;
    this.ordinal = ordinal;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment device = arena.allocate(JAVA_INT);
      library.check(
          (int) library.function("cuDeviceGet", ADDRESS, JAVA_INT).invokeExact(device, ordinal),
          "GPU " + ordinal + " cannot be had");
      handle = device.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** Its place among the driver's devices. */
  public int ordinal() {
    return ordinal;
  }

  int handle() {
    return handle;
  }

  /** What it is; asked of the driver at every call. */
  public DeviceProperties properties() {
    // The numbers are CUdevice_attribute's.
    return new DeviceProperties(
        name(),
        attribute(75) * 10 + attribute(76),
        attribute(16),
        attribute(13) / 1000,
        attribute(36) / 1000,
        attribute(37),
        memoryBytes(),
        attribute(38),
        attribute(97),
        attribute(81),
        attribute(82),
        attribute(1),
        attribute(39),
        attribute(106));
  }

  /** Where it is plugged in, as NVIDIA's other libraries spell it: {@code 00000000:3B:00.0}. */
  public String busId() {
    return String.format(
        Locale.ROOT, "%08x:%02x:%02x.0", attribute(50), attribute(33), attribute(34));
  }

  private int attribute(int attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      library.check(
          (int)
              library
                  .function("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT)
                  .invokeExact(value, attribute, handle),
          "the GPU's attribute " + attribute + " cannot be read");
      return value.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  private String name() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(JAVA_BYTE, LONGEST_NAME);
      library.check(
          (int)
              library
                  .function("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT)
                  .invokeExact(text, LONGEST_NAME, handle),
          "the GPU's name cannot be read");
      return text.getString(0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  private long memoryBytes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(JAVA_LONG);
      library.check(
          (int)
              library.function("cuDeviceTotalMem_v2", ADDRESS, JAVA_INT).invokeExact(bytes, handle),
          "the GPU's memory cannot be read");
      return bytes.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** The device's primary context, which it shares with the CUDA runtime, for this thread. */
  public CudaContext open() {
    return new CudaContext(library, this);
  }
}
