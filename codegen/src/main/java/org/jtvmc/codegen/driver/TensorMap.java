package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import org.jtvmc.codegen.cuda.TensorBox;
import org.jtvmc.codegen.emit.TileMap;

/** What the driver makes of a tensor's address for kernels whose device copies parts of it. */
final class TensorMap {
  private TensorMap() {}

  /**
   * The map as the value of a kernel's parameter.
   *
   * @param address of the tensor on the device
   * @throws CudaException where the driver does not take such boxes, or such an address
   * @throws CudaUnavailableException where it is too old: from CUDA 12.0 on it has the functions
   */
  static MemorySegment encode(DriverLibrary library, TensorBox box, long address, Arena arena) {
    MemorySegment map = arena.allocate(TileMap.BYTES, TileMap.ALIGNMENT);
    try (Arena call = Arena.ofConfined()) {
      int code =
          box.window().isPresent()
              ? pixels(library, box, box.window().get(), address, map, call)
              : tiled(library, box, address, map, call);
      library.check(code, "the device cannot copy boxes of a tensor at %x".formatted(address));
      return map;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  private static int tiled(
      DriverLibrary library, TensorBox box, long address, MemorySegment map, Arena call)
      throws Throwable {
    int rank = box.sizes().size();
    return (int)
        library
            .function(
                "cuTensorMapEncodeTiled",
                ADDRESS,
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT)
            .invokeExact(
                map,
                box.type(),
                rank,
                address,
                longs(box.sizes(), call),
                longs(box.strides(), call),
                ints(box.box(), call),
                ints(Collections.nCopies(rank, 1L), call),
                0,
                TensorBox.SWIZZLE_128B,
                TensorBox.PROMOTION_256B,
                0);
  }

  private static int pixels(
      DriverLibrary library,
      TensorBox box,
      TensorBox.Window window,
      long address,
      MemorySegment map,
      Arena call)
      throws Throwable {
    return (int)
        library
            .function(
                "cuTensorMapEncodeIm2col",
                ADDRESS,
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                JAVA_INT,
                JAVA_INT,
                ADDRESS,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT)
            .invokeExact(
                map,
                box.type(),
                box.sizes().size(),
                address,
                longs(box.sizes(), call),
                longs(box.strides(), call),
                ints(window.lower(), call),
                ints(window.upper(), call),
                Math.toIntExact(box.box().getLast()),
                Math.toIntExact(box.box().getFirst()),
                ints(box.stepsOfAll(), call),
                0,
                TensorBox.SWIZZLE_128B,
                TensorBox.PROMOTION_256B,
                0);
  }

  /** The driver has the innermost dimension first. */
  private static MemorySegment longs(List<Long> values, Arena arena) {
    return arena.allocateFrom(
        JAVA_LONG, values.reversed().stream().mapToLong(Long::longValue).toArray());
  }

  private static MemorySegment ints(List<Long> values, Arena arena) {
    return arena.allocateFrom(
        JAVA_INT, values.reversed().stream().mapToInt(Math::toIntExact).toArray());
  }
}
