package org.jtvmc.ir.loop;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;

/**
 * Pixels of images that a device counts through, as a convolution reads them (the PTX ISA's im2col
 * mode). All dimensions of a tensor but the last, which has the channels, count: the last of them
 * fastest. Along dimension {@code d} the places are {@code lower[d] + i * steps[d]} for {@code i}
 * in {@code 0..counts[d]}; they may lie outside of the tensor, where its elements are zero, as do
 * all pixels beyond the last place.
 *
 * @param lower the first place along each dimension
 * @param counts how many places there are
 * @param steps how far they are apart
 * @param pixels how many are copied at a time
 * @param channels how many elements of each
 */
public record PixelBox(
    List<Long> lower, List<Long> counts, List<Long> steps, long pixels, long channels) {
  public PixelBox {
    lower = List.copyOf(lower);
    counts = List.copyOf(counts);
    steps = List.copyOf(steps);
    if (lower.size() != counts.size() || lower.size() != steps.size() || lower.isEmpty()) {
      throw new IllegalArgumentException(
          "places from %s, %s of them, in steps of %s".formatted(lower, counts, steps));
    }
  }

  /**
   * The place behind the last one along a dimension, counted from the tensor's end: what a driver
   * calls the upper corner.
   */
  public long upper(int dim, long size) {
    return lower.get(dim) + steps.get(dim) * (counts.get(dim) - 1) + 1 - size;
  }

  /**
   * True where the first dimension of a source counts images: it has all of its indices, no others,
   * and they are not moved. Along the others lie the pixels of an image.
   *
   * @param offset by which pixels are moved along the first dimension
   */
  public boolean hasImages(Buffer source, PrimExpr offset) {
    return source.rank() > 2
        && lower.getFirst() == 0
        && steps.getFirst() == 1
        && IntImm.is(source.shape().getFirst(), counts.getFirst())
        && IntImm.is(offset, 0);
  }
}
