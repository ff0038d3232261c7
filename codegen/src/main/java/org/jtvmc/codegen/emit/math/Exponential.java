package org.jtvmc.codegen.emit.math;

import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * exp, exp2, expm1 and what is made of them, for both types. Errors: exp and exp2 1 ulp, expm1 2
 * ulp, sigmoid 2.5 ulp, tanh 2 ulp; overflow, denormal results, infinities and NaN as in IEEE 754.
 */
final class Exponential {
  private static final double LOG2_E = 1.4426950408889634;

  // The high part times any exponent is exact without FMA.
  private static final double LN2_HIGH_F32 = 0.693359375;
  private static final double LN2_LOW_F32 = -2.12194440e-4;
  private static final double LN2_HIGH_F64 = 6.93147180369123816490e-01;
  private static final double LN2_LOW_F64 = 1.90821492927058770002e-10;

  private final FloatLanes f;

  Exponential(FloatLanes f) {
    this.f = f;
  }

  LLVMValueRef exp(LLVMValueRef x) {
    LLVMValueRef vanishes = f.less(x, f.of(f.isDouble() ? -745.2 : -104));
    LLVMValueRef limited = f.atMost(x, f.isDouble() ? 710 : 89);
    LLVMValueRef n = f.roundSmall(f.mul(limited, f.of(LOG2_E)));
    return f.scaleOrZero(nearZero(reduce(limited, n)), n, vanishes);
  }

  LLVMValueRef exp2(LLVMValueRef x) {
    LLVMValueRef vanishes = f.less(x, f.of(f.isDouble() ? -1076 : -151));
    LLVMValueRef limited = f.atMost(x, f.isDouble() ? 1025 : 129);
    LLVMValueRef n = f.roundSmall(limited);
    LLVMValueRef rest = f.sub(limited, n);
    // ln 2 in two parts: the second lies below the rounding of the first product.
    double high = f.isDouble() ? 0.6931471805599453 : 0.693147182464599609375;
    double low = f.isDouble() ? 2.3190468138462996e-17 : -1.904654322843e-9;
    LLVMValueRef r = f.fma(rest, f.of(low), f.mul(rest, f.of(high)));
    return f.scaleOrZero(nearZero(r), n, vanishes);
  }

  /** {@code 2^n (e^r - 1) + (2^n - 1)}, halved on the way so that the largest results fit. */
  LLVMValueRef expm1(LLVMValueRef x) {
    LLVMValueRef limited = f.isDouble() ? f.clamp(x, -40, 710) : f.clamp(x, -20, 89);
    LLVMValueRef n = f.round(f.mul(limited, f.of(LOG2_E)));
    LLVMValueRef r = reduce(limited, n);
    LLVMValueRef grown = growth(r);
    LLVMValueRef half = f.powerOfTwo(f.toInteger(f.sub(n, f.of(1))));
    LLVMValueRef sum = f.fma(half, grown, f.sub(half, f.of(0.5)));
    LLVMValueRef result = f.add(sum, sum);
    // Zero keeps its sign.
    return f.select(f.equal(x, f.of(0)), x, result);
  }

  /** {@code e / (1 + e)} or {@code 1 / (1 + e)} with {@code e = exp(-|x|)}. */
  LLVMValueRef sigmoid(LLVMValueRef x) {
    LLVMValueRef e = exp(f.negate(f.abs(x)));
    LLVMValueRef one = f.of(1);
    LLVMValueRef numerator = f.select(f.less(x, f.of(0)), e, one);
    return f.div(numerator, f.add(one, e));
  }

  LLVMValueRef tanh(LLVMValueRef x) {
    LLVMValueRef magnitude = f.abs(x);
    LLVMValueRef twice = f.add(magnitude, magnitude);
    if (f.isDouble()) {
      LLVMValueRef grown = expm1(f.clamp(twice, 0, 60));
      LLVMValueRef result = f.div(grown, f.add(grown, f.of(2)));
      return f.copySign(result, x);
    }
    LLVMValueRef e = exp(twice);
    LLVMValueRef large = f.sub(f.of(1), f.div(f.of(2), f.add(e, f.of(1))));
    LLVMValueRef z = f.mul(x, x);
    LLVMValueRef p =
        f.polynomial(
            z,
            -5.70498872745e-3,
            2.06390887954e-2,
            -5.37397155531e-2,
            1.33314422036e-1,
            -3.33332819422e-1);
    LLVMValueRef small = f.fma(f.mul(p, z), x, x);
    LLVMValueRef isSmall = f.less(magnitude, f.of(0.625));
    return f.copySign(f.select(isSmall, small, large), x);
  }

  LLVMValueRef sinh(LLVMValueRef x) {
    LLVMValueRef magnitude = f.abs(x);
    LLVMValueRef grown = expm1(f.clamp(magnitude, 0, 700));
    LLVMValueRef one = f.of(1);
    LLVMValueRef sum = f.add(grown, f.div(grown, f.add(grown, one)));
    LLVMValueRef small = f.mul(sum, f.of(0.5));
    return f.copySign(f.select(f.less(magnitude, f.of(700)), small, half(magnitude)), x);
  }

  LLVMValueRef cosh(LLVMValueRef x) {
    LLVMValueRef magnitude = f.abs(x);
    LLVMValueRef e = exp(magnitude);
    LLVMValueRef small = f.fma(e, f.of(0.5), f.div(f.of(0.5), e));
    return f.select(f.less(magnitude, f.of(700)), small, half(magnitude));
  }

  /** {@code e^x / 2} where {@code e^x} may overflow. */
  private LLVMValueRef half(LLVMValueRef x) {
    LLVMValueRef root = exp(f.mul(x, f.of(0.5)));
    return f.mul(f.mul(root, f.of(0.5)), root);
  }

  private LLVMValueRef reduce(LLVMValueRef x, LLVMValueRef n) {
    LLVMValueRef minus = f.negate(n);
    LLVMValueRef high = f.fma(minus, f.of(f.isDouble() ? LN2_HIGH_F64 : LN2_HIGH_F32), x);
    return f.fma(minus, f.of(f.isDouble() ? LN2_LOW_F64 : LN2_LOW_F32), high);
  }

  /**
   * {@code e^r} for {@code |r| <= ln(2) / 2}; in float32 as one polynomial of the sixth degree (the
   * least relative error, 3.1e-9, where the first two coefficients are 1).
   */
  private LLVMValueRef nearZero(LLVMValueRef r) {
    return f.isDouble()
        ? f.add(growth(r), f.of(1))
        : f.polynomial(
            r,
            1.3814539415761828e-3,
            8.36874544620514e-3,
            4.166838899254799e-2,
            1.666652113199234e-1,
            4.999999403953552e-1,
            1,
            1);
  }

  /** {@code e^r - 1} for {@code |r| <= ln(2) / 2}. */
  private LLVMValueRef growth(LLVMValueRef r) {
    LLVMValueRef p =
        f.isDouble()
            ? f.polynomial(r, reciprocalFactorials(13))
            : f.polynomial(
                r,
                1.9875691500e-4,
                1.3981999507e-3,
                8.3334519073e-3,
                4.1665795894e-2,
                1.6666665459e-1,
                5.0000001201e-1);
    return f.fma(f.mul(r, r), p, r);
  }

  /** {@code 1/n!} down to {@code 1/2!}: the rest of the series is below the last bit. */
  private static double[] reciprocalFactorials(int n) {
    double[] coefficients = new double[n - 1];
    double factorial = 1;
    for (int k = 2; k <= n; k++) {
      factorial *= k;
      coefficients[n - k] = 1 / factorial;
    }
    return coefficients;
  }
}
