package org.jtvmc.codegen.emit.math;

import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * erf: 2.5 ulp in float32, and never more than 7e-8 off (polynomials of the fourth degree, looked
 * up, or a power of two whose exponent is a polynomial), 4 ulp in float64 (the series of positive
 * terms, which suffices to where the result is 1).
 */
final class ErrorFunction {
  private static final double ONE_OVER_ROOT_PI = 0.5641895835477563;
  private static final double SERIES_LIMIT = 1.75;
  private static final int SERIES_TERMS = 40;
  private static final int FRACTION_TERMS = 70;

  /** The last interval begins at 3.8125, where 7e-8 are missing to 1. */
  private static final PiecewisePolynomial PIECES =
      new PiecewisePolynomial(ErrorFunction::exact, 1, 4, 8);

  private final FloatLanes f;
  private final Exponential exponential;

  ErrorFunction(FloatLanes f) {
    this.f = f;
    this.exponential = new Exponential(f);
  }

  LLVMValueRef erf(LLVMValueRef x) {
    if (f.looksUp()) {
      return f.copySign(PIECES.emit(f, f.abs(x)), x);
    }
    return f.isDouble() ? inDouble(x) : inFloat(x);
  }

  /** The series of positive terms, for {@code 0 < x < 4}. */
  private static double exact(double x) {
    double sum = 1;
    for (int n = SERIES_TERMS * 2; n >= 1; n--) {
      sum = 1 + sum * 2 * x * x / (2 * n + 1);
    }
    return 2 * ONE_OVER_ROOT_PI * x * StrictMath.exp(-x * x) * sum;
  }

  /**
   * With {@code 1 - erf |x| = 2^y}, and {@code y = n + r}, it is {@code (1 - 2^n) - 2^n (2^r - 1)}:
   * near zero, where n is 0, nothing cancels.
   */
  private LLVMValueRef inFloat(LLVMValueRef x) {
    // From there on the result is 1.
    LLVMValueRef t = f.atMost(f.abs(x), 3.92);
    // y / t, in the least squares of the result's relative error, made even.
    LLVMValueRef p =
        f.polynomial(
            t,
            1.33539943e-5,
            -1.69720632e-4,
            9.1299077e-4,
            -2.40501203e-3,
            2.31401456e-4,
            2.76320316e-2,
            -1.48277074e-1,
            -9.18447614e-1,
            -1.62790704);
    // Added to a number this large, a fraction is rounded away; the last bits are then those of n.
    LLVMValueRef large = f.of(0x1.8p23);
    LLVMValueRef shifted = f.fma(t, p, large);
    LLVMValueRef n = f.sub(shifted, large);
    LLVMValueRef r = f.fma(t, p, f.negate(n));
    LLVMValueRef power = f.powerOfTwo(f.bits(shifted));
    LLVMValueRef growth =
        f.mul(
            r,
            f.polynomial(
                r,
                1.54035093e-4,
                1.33907364e-3,
                9.61823761e-3,
                5.55035733e-2,
                2.40226492e-1,
                6.93147182e-1));
    LLVMValueRef result = f.fma(f.negate(power), growth, f.sub(f.of(1), power));
    return f.copySign(result, x);
  }

  private LLVMValueRef inDouble(LLVMValueRef x) {
    LLVMValueRef magnitude = f.abs(x);
    LLVMValueRef limited = f.clamp(magnitude, 0, 6);
    LLVMValueRef square = f.mul(limited, limited);
    // The square's rounding error counts as much as the exponent is large.
    LLVMValueRef lost = f.fma(limited, limited, f.negate(square));
    LLVMValueRef decay = exponential.exp(f.negate(square));
    LLVMValueRef gauss = f.sub(decay, f.mul(decay, lost));
    LLVMValueRef small = f.mul(f.mul(f.mul(limited, f.of(2)), gauss), series(square));
    LLVMValueRef large = f.mul(gauss, fraction(limited));
    LLVMValueRef scale = f.of(ONE_OVER_ROOT_PI);
    LLVMValueRef isLarge = f.less(f.of(SERIES_LIMIT), magnitude);
    LLVMValueRef result =
        f.select(isLarge, f.sub(f.of(1), f.mul(large, scale)), f.mul(small, scale));
    return f.copySign(result, x);
  }

  /** {@code 1 + (2s/3) (1 + (2s/5) (1 + ...))}. */
  private LLVMValueRef series(LLVMValueRef square) {
    LLVMValueRef twice = f.add(square, square);
    LLVMValueRef sum = f.of(1);
    for (int n = SERIES_TERMS; n >= 1; n--) {
      sum = f.fma(f.mul(sum, twice), f.of(1.0 / (2 * n + 1)), f.of(1));
    }
    return sum;
  }

  /** {@code 1 / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...)))}: erfc without its other factors. */
  private LLVMValueRef fraction(LLVMValueRef x) {
    LLVMValueRef value = x;
    for (int n = FRACTION_TERMS; n >= 1; n--) {
      value = f.add(x, f.div(f.of(n / 2.0), value));
    }
    return f.div(f.of(1), value);
  }
}
