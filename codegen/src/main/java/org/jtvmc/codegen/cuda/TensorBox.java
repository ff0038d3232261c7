package org.jtvmc.codegen.cuda;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What a device copies of a tensor to shared memory by itself, swizzled in lines of 128 bytes: what
 * the driver's {@code cuTensorMapEncodeTiled} or {@code cuTensorMapEncodeIm2col} is told beside the
 * address. All lists are outermost dimension first.
 *
 * @param elementBytes 1, 2 or 4
 * @param sizes of the tensor, in elements
 * @param strides in bytes, multiples of 16; the last dimension has none, its elements lie side by
 *     side
 * @param box the elements that are copied along each dimension, 128 bytes of the last; where pixels
 *     are counted through, how many of them, and the elements of each
 * @param window where these pixels lie; empty for plain boxes
 */
public record TensorBox(
    int elementBytes,
    List<Long> sizes,
    List<Long> strides,
    List<Long> box,
    Optional<Window> window) {

  /** In cuda.h: CU_TENSOR_MAP_SWIZZLE_128B, and CU_TENSOR_MAP_L2_PROMOTION_L2_256B. */
  public static final int SWIZZLE_128B = 3;

  public static final int PROMOTION_256B = 3;

  /**
   * Where pixels lie that a device counts through, along each dimension of an image: those of a
   * tensor but the first, which counts images, and the last, which has the channels.
   *
   * @param lower the first place, from the beginning of the dimension
   * @param upper the place behind the last one, from the end of the dimension
   * @param steps from one place to the next
   */
  public record Window(List<Long> lower, List<Long> upper, List<Long> steps) {
    public Window {
      lower = List.copyOf(lower);
      upper = List.copyOf(upper);
      steps = List.copyOf(steps);
    }
  }

  public TensorBox {
    sizes = List.copyOf(sizes);
    strides = List.copyOf(strides);
    box = List.copyOf(box);
    int boxed = window.isPresent() ? 2 : sizes.size();
    int spatial = window.map(pixels -> pixels.lower().size()).orElse(sizes.size() - 2);
    if (strides.size() != sizes.size() - 1 || box.size() != boxed || spatial != sizes.size() - 2) {
      throw new IllegalArgumentException(
          "a tensor %s has strides %s and a box %s, window %s"
              .formatted(sizes, strides, box, window));
    }
  }

  /** From one element that is read to the next along each dimension of the tensor. */
  public List<Long> stepsOfAll() {
    List<Long> steps = new ArrayList<>(Collections.nCopies(sizes.size(), 1L));
    window.ifPresent(
        pixels -> {
          for (int dim = 0; dim < pixels.steps().size(); dim++) {
            steps.set(dim + 1, pixels.steps().get(dim));
          }
        });
    return steps;
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
