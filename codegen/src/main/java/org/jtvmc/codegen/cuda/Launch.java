package org.jtvmc.codegen.cuda;

import java.util.List;

/**
 * One launch of one entry of a {@link DeviceKernel}.
 *
 * @param entry the name in the PTX
 * @param sharedBytes dynamic shared memory; above 48 KiB the function must opt in with {@code
 *     CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES}
 * @param arguments the entry's parameters, in order: each the address of device memory (8 bytes),
 *     or a map of a tensor in it
 */
public record Launch(
    String entry, Extent grid, Extent block, int sharedBytes, List<Argument> arguments) {

  /** Blocks of a grid, or threads of a block. */
  public record Extent(int x, int y, int z) {
    /** The product. */
    public long count() {
      return (long) x * y * z;
    }
  }

  /** What is passed for a parameter. */
  public sealed interface Argument {
    /** Data on the device. */
    sealed interface Data extends Argument {}

    /** The data of the function's input {@code index}. */
    record Input(int index) implements Data {}

    /** The data of the function's output {@code index}. */
    record Output(int index) implements Data {}

    /** The workspace, {@code offset} bytes from its beginning. */
    record Workspace(long offset) implements Data {}

    /**
     * Counters of blocks, {@code offset} bytes from the beginning of those that the runs of one
     * context have: zero before the launch, and after it.
     */
    record Counters(long offset) implements Data {}

    /** What the driver makes of an address and the boxes that are copied from there. */
    record Map(Data tensor, TensorBox box) implements Argument {}

    /** The data that it is about. */
    default Data data() {
      return switch (this) {
        case Data data -> data;
        case Map map -> map.tensor;
      };
    }
  }

  public Launch {
    arguments = List.copyOf(arguments);
  }
}
