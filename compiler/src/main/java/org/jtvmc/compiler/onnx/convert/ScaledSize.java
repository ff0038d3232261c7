package org.jtvmc.compiler.onnx.convert;

import java.util.Optional;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.SizeRange;

/** Sizes times a factor in single precision, as Resize has them. */
final class ScaledSize {

  /** A denominator of simple fractions is no larger. */
  private static final int MOST_PARTS = 64;

  /** Up to here a fraction has to give what single precision gives. */
  private static final long MOST_CHECKED = 1 << 16;

  private ScaledSize() {}

  /** The product is rounded to float32, as ONNX Runtime's: 5 * 2.6f is 13. */
  static long of(long size, float scale) {
    return (long) (size * scale);
  }

  /**
   * The same for a size that may be open.
   *
   * @return empty where it is open, and the scale no fraction that gives the same sizes
   */
  static Optional<Dim> of(Dim size, float scale) {
    if (size instanceof Dim.Known(long value)) {
      return Optional.of(Dim.of(of(value, scale)));
    }
    for (int parts = 1; scale > 0 && parts <= MOST_PARTS; parts++) {
      long whole = Math.round((double) scale * parts);
      if ((float) ((double) whole / parts) == scale) {
        return isExact(SizeRange.of(size), whole, parts, scale)
            ? Optional.of(size.times(whole).floorDiv(parts))
            : Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static boolean isExact(SizeRange range, long whole, long parts, float scale) {
    long most = Math.min(range.most(), MOST_CHECKED);
    for (long size = Math.max(0, range.least()); size <= most; size++) {
      if (of(size, scale) != size * whole / parts) {
        return false;
      }
    }
    return true;
  }
}
