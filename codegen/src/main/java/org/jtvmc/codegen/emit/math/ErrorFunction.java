package org.jtvmc.codegen.emit.math;

import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * erf: 2 ulp in float32 (after N. Juffa's erff: a polynomial near zero, {@code 1 - exp(p(x))}
 * elsewhere), 4 ulp in float64 (the series of positive terms, which suffices to where the result is
 * 1).
 */
final class ErrorFunction {
  private static final double ONE_OVER_ROOT_PI = 0.5641895835477563;
  private static final double SERIES_LIMIT = 1.75;
  private static final int SERIES_TERMS = 40;
  private static final int FRACTION_TERMS = 70;

  private final FloatLanes f;
  private final Exponential exponential;

  ErrorFunction(FloatLanes f) {
    this.f = f;
    this.exponential = new Exponential(f);
  }

  LLVMValueRef erf(LLVMValueRef x) {
    return f.isDouble() ? inDouble(x) : inFloat(x);
  }

  private LLVMValueRef inFloat(LLVMValueRef x) {
    LLVMValueRef t = f.abs(x);
    LLVMValueRef s = f.mul(x, x);
    // From 4 on the result is 1; a larger argument would overflow on the way.
    LLVMValueRef u = f.clamp(t, 0, 4);
    LLVMValueRef p =
        f.polynomial(
            u,
            -1.72853470e-5,
            3.83197126e-4,
            -3.88396438e-3,
            2.42546219e-2,
            -1.06777877e-1,
            -6.34846687e-1,
            -1.28717512e-1);
    LLVMValueRef exponent = f.fma(p, u, f.negate(u));
    LLVMValueRef large = f.sub(f.of(1), exponential.exp(exponent));
    LLVMValueRef q =
        f.polynomial(
            s,
            -5.96761703e-4,
            4.99119423e-3,
            -2.67681349e-2,
            1.12819925e-1,
            -3.76125336e-1,
            1.28379166e-1);
    LLVMValueRef small = f.fma(q, x, x);
    LLVMValueRef isLarge = f.less(f.of(0.927734375), t);
    return f.select(isLarge, f.copySign(large, x), small);
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
