package org.jtvmc.codegen.cuda;

import java.util.List;

/**
 * Boxes of a tensor that a device copies to shared memory by itself, swizzled in lines of 128
 * bytes: what the driver's {@code cuTensorMapEncodeTiled} is told beside the address. All lists are
 * outermost dimension first.
 *
 * @param elementBytes 1, 2 or 4
 * @param sizes of the tensor, in elements
 * @param strides in bytes, multiples of 16; the last dimension has none, its elements lie side by
 *     side
 * @param box the elements that are copied along each dimension; 128 bytes of the last
 */
public record TensorBox(int elementBytes, List<Long> sizes, List<Long> strides, List<Long> box) {

  /** In cuda.h: CU_TENSOR_MAP_SWIZZLE_128B, and CU_TENSOR_MAP_L2_PROMOTION_L2_256B. */
  public static final int SWIZZLE_128B = 3;

  public static final int PROMOTION_256B = 3;

  public TensorBox {
    sizes = List.copyOf(sizes);
    strides = List.copyOf(strides);
    box = List.copyOf(box);
    if (strides.size() != sizes.size() - 1 || box.size() != sizes.size()) {
      throw new IllegalArgumentException(
          "a tensor %s has strides %s and a box %s".formatted(sizes, strides, box));
    }
  }

  /** The number of the type in cuda.h: CU_TENSOR_MAP_DATA_TYPE_UINT8, _UINT16 or _UINT32. */
  public int type() {
    return switch (elementBytes) {
      case 1 -> 0;
      case 2 -> 1;
      case 4 -> 2;
      default -> throw new IllegalStateException("no element of a swizzled tile: " + this);
    };
  }
}
