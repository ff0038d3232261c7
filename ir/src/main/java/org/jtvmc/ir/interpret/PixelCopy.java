package org.jtvmc.ir.interpret;

import java.util.Arrays;
import java.util.List;
import org.jtvmc.ir.loop.PixelBox;
import org.jtvmc.ir.type.DType;

/**
 * Pixels that are counted through from one on, some channels of each.
 *
 * @param target the first element that is written; its last dimensions are pixels and channels
 * @param source the first pixel and its first channel
 * @param offsets by which every pixel is moved
 */
record PixelCopy(
    Frame.Element target,
    Frame.Element source,
    List<IntegerCode> offsets,
    PixelBox box,
    DType dtype)
    implements TileCopy {

  @Override
  public long bytes() {
    return box.pixels() * box.channels() * dtype.bytes();
  }

  @Override
  public void run(long[] variables, Written written) {
    Move move = new Move(target, source, dtype);
    long[] pixel = source.indices(variables);
    long[] moved = offsets.stream().mapToLong(offset -> offset.at(variables)).toArray();
    require(pixel, moved);
    long[] begin = target.indices(variables);
    boolean inside = true;
    for (long i = 0; i < box.pixels(); i++) {
      for (long channel = 0; channel < box.channels(); channel++) {
        long[] there = pixel.clone();
        for (int dim = 0; dim < moved.length; dim++) {
          there[dim] += moved[dim];
        }
        there[moved.length] += channel;
        long[] here = begin.clone();
        here[begin.length - 2] += i;
        here[begin.length - 1] += channel;
        move.run(here, there, inside, variables, written);
      }
      inside &= next(pixel);
    }
  }

  private void require(long[] pixel, long[] moved) {
    for (int dim = 0; dim < moved.length; dim++) {
      long place = pixel[dim] - box.lower().get(dim);
      long step = box.steps().get(dim);
      if (place < 0 || place % step != 0 || place / step >= box.counts().get(dim)) {
        throw new LoopFault(
            "pixels are counted from %s on, which is no place of %s"
                .formatted(Arrays.toString(pixel), box));
      }
      if (moved[dim] < 0) {
        throw new LoopFault("pixels are moved by %s".formatted(Arrays.toString(moved)));
      }
    }
  }

  /** Goes on to the next place; false behind the last one. */
  private boolean next(long[] pixel) {
    for (int dim = box.lower().size() - 1; dim >= 0; dim--) {
      long lower = box.lower().get(dim);
      pixel[dim] += box.steps().get(dim);
      if (pixel[dim] < lower + box.steps().get(dim) * box.counts().get(dim)) {
        return true;
      }
      pixel[dim] = lower;
    }
    return false;
  }
}
