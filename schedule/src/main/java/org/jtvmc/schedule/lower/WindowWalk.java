package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PixelBox;
import org.jtvmc.ir.te.Axis;

/**
 * How the windows of a convolution lie in an image whose channels are last, where {@code p} counts
 * its pixels and {@code q} what a window holds: along each dimension but the last the index is a
 * sum of a place, which is a digit of {@code p}, and of an offset, which digits of {@code q} give;
 * along the last one the channels of a line lie side by side.
 *
 * @param places of a pixel along each dimension, with a line's first channel as the last
 * @param offsets of what is in the window, for each dimension but the last
 * @param lower the first place along each dimension but the last
 */
record WindowWalk(
    List<LinearForm> places,
    List<LinearForm> offsets,
    List<Long> lower,
    List<Long> counts,
    List<Long> steps) {

  /** The greatest step, and what corners and offsets have room for in so many dimensions. */
  private static final long MOST_STEP = 8;

  private static final List<Long> CORNERS = List.of(0L, 32768L, 128L, 16L);
  private static final List<Long> OFFSETS = List.of(0L, 65535L, 255L, 31L);

  /** A digit of a number: {@code number / divisor % modulus}, or without the modulus (0). */
  private record Digit(long divisor, long modulus) {
    /** The digit that an expression is; empty where it is none. */
    static Optional<Digit> of(PrimExpr expr, PrimVar number) {
      if (expr == number) {
        return Optional.of(new Digit(1, 0));
      }
      return expr instanceof Binary(BinaryOp op, PrimExpr inner, IntImm by)
          ? of(inner, number).flatMap(digit -> digit.with(op, by.value()))
          : Optional.empty();
    }

    private Optional<Digit> with(BinaryOp op, long by) {
      boolean divides = modulus == 0 || modulus % by == 0;
      if (op == BinaryOp.FLOOR_DIVIDE && divides) {
        return Optional.of(new Digit(divisor * by, modulus / by));
      }
      return op == BinaryOp.FLOOR_MODULO && divides
          ? Optional.of(new Digit(divisor, by))
          : Optional.empty();
    }

    /** How many values it has for numbers below {@code extent}. */
    long values(long extent) {
      return modulus == 0 ? Math.ceilDiv(extent, divisor) : modulus;
    }
  }

  /**
   * The walk that indices make through a source; empty where they make none that a device can be
   * told.
   *
   * @param axes of pixels, and of what a window holds
   * @param condition under which the element is no zero: it must say no more than that the indices
   *     lie in the source
   * @param line of so many elements of the window that are side by side
   */
  static Optional<WindowWalk> of(
      List<Axis> axes,
      List<PrimExpr> indices,
      PrimExpr condition,
      Buffer source,
      long line,
      Simplifier simplifier) {
    List<LinearForm> forms = indices.stream().map(simplifier::linear).toList();
    if (!isInside(condition, forms, source, simplifier)) {
      return Optional.empty();
    }
    WindowWalk walk =
        new WindowWalk(
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    long below = 1;
    for (int dim = forms.size() - 2; dim >= 0; dim--) {
      if (below == 0 || !walk.add(forms.get(dim), axes, below, line)) {
        return Optional.empty();
      }
      below *= walk.counts.getFirst();
    }
    return below == axes.getFirst().size()
            && walk.addChannels(forms.getLast(), axes, line)
            && walk.fits(axes.getLast(), source)
        ? Optional.of(walk)
        : Optional.empty();
  }

  /** True where each part of the condition is that an index is not outside of the source. */
  private static boolean isInside(
      PrimExpr condition, List<LinearForm> indices, Buffer source, Simplifier simplifier) {
    if (IntImm.is(condition, 1)) {
      return true;
    }
    if (condition instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
        && op == BinaryOp.AND) {
      return isInside(left, indices, source, simplifier)
          && isInside(right, indices, source, simplifier);
    }
    if (!(condition instanceof Compare(Compare.Op op, PrimExpr left, PrimExpr right))) {
      return false;
    }
    LinearForm difference = simplifier.linear(left).minus(simplifier.linear(right));
    for (int dim = 0; dim < indices.size(); dim++) {
      LinearForm index = indices.get(dim);
      long size = source.shape().get(dim) instanceof IntImm known ? known.value() : -1;
      boolean same =
          switch (op) {
            case GREATER_EQUAL -> isSame(difference, index);
            case LESS -> isSame(difference, index.plus(-size));
            default -> false;
          };
      if (same) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSame(LinearForm a, LinearForm b) {
    return a.sameTerms(b) && a.constant() == b.constant();
  }

  /**
   * Adds a dimension outside of those that were added.
   *
   * @param below how many pixels these count
   */
  private boolean add(LinearForm index, List<Axis> axes, long below, long line) {
    PrimVar pixel = axes.getFirst().var();
    PrimVar tap = axes.getLast().var();
    LinearForm place = LinearForm.constant(index.constant());
    LinearForm offset = LinearForm.ZERO;
    long count = 1;
    long step = 1;
    boolean counted = false;
    for (int i = 0; i < index.size(); i++) {
      PrimExpr atom = index.atom(i);
      LinearForm term = LinearForm.atom(atom).times(index.coefficient(i));
      Optional<Digit> ofPixel = Digit.of(atom, pixel);
      Optional<Digit> ofTap = Digit.of(atom, tap);
      if (ofPixel.isPresent() && !counted && ofPixel.get().divisor == below) {
        counted = true;
        count = ofPixel.get().values(axes.getFirst().size());
        step = index.coefficient(i);
        place = place.plus(term);
      } else if (ofTap.isPresent() && ofTap.get().divisor % line == 0 && index.coefficient(i) > 0) {
        offset = offset.plus(term);
      } else {
        return false;
      }
    }
    places.addFirst(place);
    offsets.addFirst(offset);
    lower.addFirst(index.constant());
    counts.addFirst(count);
    steps.addFirst(step);
    return step > 0 && step <= MOST_STEP;
  }

  /** The channels: those of a line lie side by side, whose first is the last of the places. */
  private boolean addChannels(LinearForm index, List<Axis> axes, long line) {
    LinearForm first = LinearForm.constant(index.constant());
    boolean walks = false;
    for (int i = 0; i < index.size(); i++) {
      Optional<Digit> digit = Digit.of(index.atom(i), axes.getLast().var());
      if (digit.isEmpty() || index.coefficient(i) < 0) {
        return false;
      }
      boolean along =
          digit.get().divisor == 1
              && digit.get().modulus % line == 0
              && index.coefficient(i) == 1
              && !walks;
      if (!along && digit.get().divisor % line != 0) {
        return false;
      }
      walks |= along;
      first = first.plus(LinearForm.atom(index.atom(i)).times(index.coefficient(i)));
    }
    places.add(first);
    return walks;
  }

  /** True where a driver has room for the corners and the device for the offsets. */
  private boolean fits(Axis window, Buffer source) {
    PixelBox box = box(1, 1);
    int first = box.hasImages(source, offsets.getFirst().toExpr()) ? 1 : 0;
    int spatial = lower.size() - first;
    if (spatial >= CORNERS.size()) {
      return false;
    }
    for (int dim = first; dim < lower.size(); dim++) {
      long upper = box.upper(dim, ((IntImm) source.shape().get(dim)).value());
      long corner = CORNERS.get(spatial);
      if (Math.min(lower.get(dim), upper) < -corner
          || Math.max(lower.get(dim), upper) >= corner
          || most(offsets.get(dim), window) > OFFSETS.get(spatial)) {
        return false;
      }
    }
    return true;
  }

  private static long most(LinearForm offset, Axis window) {
    long most = 0;
    for (int i = 0; i < offset.size(); i++) {
      Digit digit = Digit.of(offset.atom(i), window.var()).orElseThrow();
      most += offset.coefficient(i) * (digit.values(window.size()) - 1);
    }
    return most;
  }

  /** True where what a window holds begins, from {@code min} on, with a whole line. */
  boolean beginsLine(LinearForm min, long line) {
    boolean begins = min.constant() % line == 0;
    for (int i = 0; i < min.size(); i++) {
      begins &= min.coefficient(i) % line == 0;
    }
    return begins;
  }

  /** What is copied at a time. */
  PixelBox box(long pixels, long channels) {
    return new PixelBox(lower, counts, steps, pixels, channels);
  }
}
