package org.jtvmc.codegen.emit.math;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * A function of magnitudes as polynomials, one for each of 32 intervals of equal width, whose
 * coefficients are looked up in registers. The middle of an interval is a multiple of its width;
 * the first is half an interval from zero, where the function is zero.
 *
 * <p>The polynomials meet the function at Chebyshev's points of each interval, which leaves at most
 * a few times the error of the best ones.
 */
final class PiecewisePolynomial {
  static final int INTERVALS = 32;

  private final int perUnit;

  /** Of each power, from the lowest up, one for each interval. */
  private final List<List<Double>> coefficients;

  /**
   * @param odd the function, of which that of negative numbers is not asked
   * @param limit what the last interval holds, everywhere
   * @param perUnit intervals in a unit; a power of two, so that nothing is lost
   */
  PiecewisePolynomial(DoubleUnaryOperator odd, double limit, int degree, int perUnit) {
    this.perUnit = perUnit;
    List<List<Double>> pieces =
        IntStream.range(0, INTERVALS).mapToObj(i -> piece(odd, limit, degree, i)).toList();
    this.coefficients =
        IntStream.rangeClosed(0, degree)
            .mapToObj(power -> pieces.stream().map(piece -> piece.get(power)).toList())
            .toList();
  }

  private List<Double> piece(DoubleUnaryOperator odd, double limit, int degree, int interval) {
    double half = 0.5 / perUnit;
    double middle = (double) interval / perUnit;
    if (interval == INTERVALS - 1) {
      List<Double> constant = new ArrayList<>(Collections.nCopies(degree + 1, 0.0));
      constant.set(0, limit);
      return constant;
    }
    if (interval > 0) {
      return interpolate(r -> odd.applyAsDouble(middle + r), 0, half, degree);
    }
    // Divided by its argument the function is far from zero, and the relative error small.
    List<Double> quotient =
        interpolate(r -> odd.applyAsDouble(r) / r, half / 2, half / 2, degree - 1);
    quotient.addFirst(0.0);
    return quotient;
  }

  /** Coefficients from the lowest power up of the polynomial through Chebyshev's points. */
  private static List<Double> interpolate(
      DoubleUnaryOperator function, double middle, double half, int degree) {
    double[] points = new double[degree + 1];
    double[] differences = new double[degree + 1];
    for (int i = 0; i <= degree; i++) {
      points[i] = middle + half * StrictMath.cos((i + 0.5) * StrictMath.PI / (degree + 1));
      differences[i] = function.applyAsDouble(points[i]);
    }
    for (int order = 1; order <= degree; order++) {
      for (int i = degree; i >= order; i--) {
        differences[i] = (differences[i] - differences[i - 1]) / (points[i] - points[i - order]);
      }
    }
    // Newton's form, multiplied out from the inside.
    double[] powers = new double[degree + 2];
    for (int i = degree; i >= 0; i--) {
      for (int power = degree; power >= 1; power--) {
        powers[power] = powers[power - 1] - points[i] * powers[power];
      }
      powers[0] = differences[i] - points[i] * powers[0];
    }
    List<Double> result = new ArrayList<>();
    for (int power = 0; power <= degree; power++) {
      result.add(powers[power]);
    }
    return result;
  }

  /**
   * The function.
   *
   * @param t magnitudes, of which NaN stays; all beyond the last interval's middle are in it
   */
  LLVMValueRef emit(FloatLanes f, LLVMValueRef t) {
    LLVMValueRef within = f.atMost(t, (double) (INTERVALS - 1) / perUnit);
    // Added to a number this large, a fraction is rounded away; the last bits are the interval's.
    LLVMValueRef large = f.of(0x1.8p23);
    LLVMValueRef shifted = f.fma(within, f.of(perUnit), large);
    LLVMValueRef r = f.fma(f.sub(shifted, large), f.of(-1.0 / perUnit), within);
    LLVMValueRef interval = f.bits(shifted);
    LLVMValueRef sum = f.lookUp(interval, coefficients.getLast());
    for (int power = coefficients.size() - 2; power >= 0; power--) {
      sum = f.fma(sum, r, f.lookUp(interval, coefficients.get(power)));
    }
    return sum;
  }
}
