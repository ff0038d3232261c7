package org.jtvmc.codegen.emit;

import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;

/**
 * Where the lanes of a vector are that lie {@code stride} elements apart: in which of as many whole
 * vectors, and at which place.
 *
 * <p>Where it is known that nothing else is touched, the vectors begin at a multiple of the stride
 * and lie one behind the other, so that neighbours in a window, which want the elements between,
 * load the same ones. Otherwise they go from the first lane's element to the last one's, and the
 * last vector ends there.
 *
 * @param before how many elements the first vector begins before the first lane's
 * @param behind whether the vectors lie one behind the other
 */
record StridedLanes(int lanes, int stride, int before, boolean behind) {

  static StridedLanes of(Buffer buffer, Affine offset, int lanes) {
    int stride = Math.toIntExact(offset.lane());
    boolean whole =
        offset.terms().values().stream().allMatch(factor -> factor % stride == 0)
            && isWhole(buffer, stride);
    int before = whole ? Math.toIntExact(Math.floorMod(offset.constant(), (long) stride)) : 0;
    return new StridedLanes(lanes, stride, before, whole);
  }

  /** True where groups of {@code stride} elements, from the first on, leave none over. */
  private static boolean isWhole(Buffer buffer, int stride) {
    long last = 0;
    for (int i = 0; i < buffer.shape().size(); i++) {
      PrimExpr size = buffer.shape().get(i);
      if (!(size instanceof IntImm extent && buffer.strides().get(i) instanceof IntImm apart)) {
        return false;
      }
      last += (extent.value() - 1) * apart.value();
    }
    return (last + 1) % stride == 0;
  }

  /** Where the vector begins, counted from the first lane's element. */
  int start(int part) {
    return behind
        ? part * lanes - before
        : Math.min(part * lanes, (lanes - 1) * stride - lanes + 1);
  }

  /** The last vector that holds the lane's element. */
  int partOf(int lane) {
    int part = stride - 1;
    while (start(part) > lane * stride) {
      part--;
    }
    return part;
  }

  /** For each lane where it is in two vectors side by side; -1 where in neither. */
  int[] positions(int first, int second) {
    int[] positions = new int[lanes];
    for (int lane = 0; lane < lanes; lane++) {
      int part = partOf(lane);
      int position = lane * stride - start(part);
      positions[lane] = part == first ? position : part == second ? lanes + position : -1;
    }
    return positions;
  }

  /** For each element of a vector the lane that wants it; {@link #lanes} where none does. */
  int[] wanted(int part) {
    int[] wanted = new int[lanes];
    for (int i = 0; i < lanes; i++) {
      int element = start(part) + i;
      boolean here =
          Math.floorMod(element, stride) == 0
              && element >= 0
              && element / stride < lanes
              && partOf(element / stride) == part;
      wanted[i] = here ? element / stride : lanes;
    }
    return wanted;
  }
}
