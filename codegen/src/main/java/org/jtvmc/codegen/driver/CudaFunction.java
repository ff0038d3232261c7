package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.function.ToLongFunction;
import org.jtvmc.codegen.cuda.Launch.Argument;
import org.jtvmc.codegen.cuda.Launch.Extent;
import org.jtvmc.codegen.cuda.TensorBox;

/** A kernel that a device can run. */
public final class CudaFunction {

  /** What a block gets without asking. */
  private static final int SHARED_WITHOUT_ASKING = 48 << 10;

  /** CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, _NUM_REGS and _MAX_DYNAMIC_SHARED_SIZE_BYTES. */
  private static final int REGISTERS = 4;

  private static final int DYNAMIC_SHARED_BYTES = 8;

  private final DriverLibrary library;
  private final String name;
  private final MemorySegment handle;
  private final int sharedBytes;
  private final MethodHandle launch;

  CudaFunction(DriverLibrary library, String name, MemorySegment handle, int sharedBytes) {
    this.library = library;
    this.name = name;
    this.handle = handle;
    this.sharedBytes = sharedBytes;
    launch =
        library.function(
            "cuLaunchKernel",
            ADDRESS,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            ADDRESS,
            ADDRESS,
            ADDRESS);
    if (sharedBytes > SHARED_WITHOUT_ASKING) {
      askForSharedMemory();
    }
  }

  private void askForSharedMemory() {
    try {
      library.check(
          (int)
              library
                  .function("cuFuncSetAttribute", ADDRESS, JAVA_INT, JAVA_INT)
                  .invokeExact(handle, DYNAMIC_SHARED_BYTES, sharedBytes),
          "kernel %s needs %d bytes of shared memory".formatted(name, sharedBytes));
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** Registers of one thread. */
  public int registers() {
    return attribute(REGISTERS);
  }

  private int attribute(int attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      library.check(
          (int)
              library
                  .function("cuFuncGetAttribute", ADDRESS, JAVA_INT, ADDRESS)
                  .invokeExact(value, attribute, handle),
          "kernel " + name + " cannot be examined");
      return value.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /**
   * A launch that can be repeated at little cost.
   *
   * @param address where data lie on the device
   * @param arena holds what the launch needs
   */
  public Launch bind(
      org.jtvmc.codegen.cuda.Launch launched, ToLongFunction<Argument.Data> address, Arena arena) {
    int count = launched.arguments().size();
    MemorySegment parameters = arena.allocate(ADDRESS, Math.max(1, count));
    for (int k = 0; k < count; k++) {
      Argument argument = launched.arguments().get(k);
      long begin = address.applyAsLong(argument.data());
      MemorySegment value =
          switch (argument) {
            case Argument.Data _ -> arena.allocateFrom(JAVA_LONG, begin);
            case Argument.Map(Argument.Data _, TensorBox box) ->
                TensorMap.encode(library, box, begin, arena);
          };
      parameters.setAtIndex(ADDRESS, k, value);
    }
    return new Launch(launched.grid(), launched.block(), parameters);
  }

  /** A launch of the kernel on certain arguments. */
  public final class Launch {
    private final Extent grid;
    private final Extent block;
    private final MemorySegment parameters;

    private Launch(Extent grid, Extent block, MemorySegment parameters) {
      this.grid = grid;
      this.block = block;
      this.parameters = parameters;
    }

    /**
     * Puts the kernel into a stream.
     *
     * @throws CudaException where the device cannot run so large a grid or block; what the kernel
     *     itself does wrong shows later
     */
    public void enqueue(CudaStream stream) {
      try {
        library.check(
            (int)
                launch.invokeExact(
                    handle,
                    grid.x(),
                    grid.y(),
                    grid.z(),
                    block.x(),
                    block.y(),
                    block.z(),
                    sharedBytes,
                    stream.handle(),
                    parameters,
                    MemorySegment.NULL),
            "kernel %s cannot be launched".formatted(name));
      } catch (Throwable e) {
        throw DriverLibrary.unexpected(e);
      }
    }
  }
}
