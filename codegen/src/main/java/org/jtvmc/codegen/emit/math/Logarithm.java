package org.jtvmc.codegen.emit.math;

import static org.bytedeco.llvm.global.LLVM.LLVMAShr;
import static org.bytedeco.llvm.global.LLVM.LLVMAdd;
import static org.bytedeco.llvm.global.LLVM.LLVMAnd;
import static org.bytedeco.llvm.global.LLVM.LLVMSub;

import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * log, log2, log1p and the inverse hyperbolic functions, for both types. Errors: log 1 ulp, log2
 * and log1p 2 ulp; denormal arguments, zero, infinity, negative arguments and NaN as in IEEE 754.
 * The coefficients are Cephes's (float32) and fdlibm's (float64).
 */
final class Logarithm {
  private static final double LN2_HIGH_F32 = 0.693359375;
  private static final double LN2_LOW_F32 = -2.12194440e-4;
  private static final double LN2_HIGH_F64 = 6.93147180369123816490e-01;
  private static final double LN2_LOW_F64 = 1.90821492927058770002e-10;

  private final FloatLanes f;

  Logarithm(FloatLanes f) {
    this.f = f;
  }

  /**
   * {@code x = (1 + fraction) * 2^exponent}, where {@code 1 + fraction} lies in {@code [sqrt(1/2),
   * sqrt(2))}.
   */
  private record Parts(LLVMValueRef fraction, LLVMValueRef exponent) {}

  LLVMValueRef log(LLVMValueRef x) {
    Parts parts = split(x);
    LLVMValueRef m = parts.fraction();
    LLVMValueRef e = parts.exponent();
    if (f.isDouble()) {
      LLVMValueRef square = f.mul(f.of(0.5), f.mul(m, m));
      LLVMValueRef s = f.div(m, f.add(f.of(2), m));
      LLVMValueRef low = f.mul(e, f.of(LN2_LOW_F64));
      LLVMValueRef tail = f.fma(s, f.add(square, seriesF64(s)), low);
      LLVMValueRef small = f.sub(f.sub(square, tail), m);
      return special(x, f.sub(f.mul(e, f.of(LN2_HIGH_F64)), small));
    }
    LLVMValueRef tail = f.fma(e, f.of(LN2_LOW_F32), tailF32(m));
    LLVMValueRef sum = f.add(m, tail);
    return special(x, f.fma(e, f.of(LN2_HIGH_F32), sum));
  }

  LLVMValueRef log2(LLVMValueRef x) {
    Parts parts = split(x);
    LLVMValueRef m = parts.fraction();
    // log2(e) less one: the product with it is small, the rest exact.
    LLVMValueRef excess = f.of(0.44269504088896340736);
    LLVMValueRef tail;
    if (f.isDouble()) {
      LLVMValueRef square = f.mul(f.of(0.5), f.mul(m, m));
      LLVMValueRef s = f.div(m, f.add(f.of(2), m));
      tail = f.sub(f.mul(s, f.add(square, seriesF64(s))), square);
    } else {
      tail = tailF32(m);
    }
    LLVMValueRef sum = f.fma(m, excess, f.mul(tail, excess));
    LLVMValueRef small = f.add(f.add(sum, tail), m);
    return special(x, f.add(small, parts.exponent()));
  }

  /** {@code log(u) + (x - (u - 1)) / u} with {@code u} the rounded {@code 1 + x}. */
  LLVMValueRef log1p(LLVMValueRef x) {
    LLVMValueRef one = f.of(1);
    LLVMValueRef u = f.add(x, one);
    // What rounding took from the smaller summand.
    LLVMValueRef back = f.sub(u, one);
    LLVMValueRef lost = f.add(f.sub(x, back), f.sub(one, f.sub(u, back)));
    LLVMValueRef corrected = f.add(log(u), f.div(lost, u));
    LLVMValueRef plain = f.and(f.less(f.of(0), u), f.less(u, f.of(Double.POSITIVE_INFINITY)));
    LLVMValueRef result = f.select(plain, corrected, log(u));
    return f.select(f.equal(x, f.of(0)), x, result);
  }

  LLVMValueRef asinh(LLVMValueRef x) {
    LLVMValueRef a = f.abs(x);
    LLVMValueRef one = f.of(1);
    LLVMValueRef square = f.mul(a, a);
    LLVMValueRef root = f.sqrt(f.add(square, one));
    LLVMValueRef small = log1p(f.add(a, f.div(square, f.add(one, root))));
    return f.copySign(f.select(f.less(a, f.of(1e8)), small, logOfTwice(a)), x);
  }

  LLVMValueRef acosh(LLVMValueRef x) {
    LLVMValueRef t = f.sub(x, f.of(1));
    LLVMValueRef root = f.sqrt(f.fma(t, t, f.add(t, t)));
    LLVMValueRef small = log1p(f.add(t, root));
    LLVMValueRef result = f.select(f.less(f.of(1e8), x), logOfTwice(x), small);
    return f.select(f.less(x, f.of(1)), f.of(Double.NaN), result);
  }

  LLVMValueRef atanh(LLVMValueRef x) {
    LLVMValueRef a = f.abs(x);
    LLVMValueRef quotient = f.div(f.add(a, a), f.sub(f.of(1), a));
    return f.copySign(f.mul(f.of(0.5), log1p(quotient)), x);
  }

  private LLVMValueRef logOfTwice(LLVMValueRef x) {
    return f.add(log(x), f.of(0.6931471805599453));
  }

  private Parts split(LLVMValueRef x) {
    int mantissa = f.isDouble() ? 52 : 23;
    double normal = f.isDouble() ? Double.MIN_NORMAL : Float.MIN_NORMAL;
    long half = f.isDouble() ? 0x3fe6a09e667f3bcdL : 0x3f3504f3L;
    double lift = f.isDouble() ? 0x1p54 : 0x1p25;
    LLVMValueRef isDenormal = f.less(x, f.of(normal));
    LLVMValueRef lifted = f.select(isDenormal, f.mul(x, f.of(lift)), x);
    LLVMValueRef offset = f.integer(LLVMSub, f.bits(lifted), f.word(half));
    LLVMValueRef exponent = f.integer(LLVMAShr, offset, f.word(mantissa));
    LLVMValueRef bits =
        f.integer(LLVMAdd, f.integer(LLVMAnd, offset, f.word((1L << mantissa) - 1)), f.word(half));
    LLVMValueRef sunk = f.select(isDenormal, f.of(f.isDouble() ? -54 : -25), f.of(0));
    return new Parts(f.sub(f.fromBits(bits), f.of(1)), f.add(f.fromInteger(exponent), sunk));
  }

  /** {@code log(1 + m) - m}. */
  private LLVMValueRef tailF32(LLVMValueRef m) {
    LLVMValueRef square = f.mul(m, m);
    LLVMValueRef p =
        f.polynomial(
            m,
            7.0376836292e-2,
            -1.1514610310e-1,
            1.1676998740e-1,
            -1.2420140846e-1,
            1.4249322787e-1,
            -1.6668057665e-1,
            2.0000714765e-1,
            -2.4999993993e-1,
            3.3333331174e-1);
    return f.fma(square, f.of(-0.5), f.mul(f.mul(m, square), p));
  }

  /** {@code log((1 + s) / (1 - s)) / s - 2}, in the square of {@code s}. */
  private LLVMValueRef seriesF64(LLVMValueRef s) {
    LLVMValueRef z = f.mul(s, s);
    LLVMValueRef p =
        f.polynomial(
            z,
            1.479819860511658591e-01,
            1.531383769920937332e-01,
            1.818357216161805012e-01,
            2.222219843214978396e-01,
            2.857142874366239149e-01,
            3.999999999940941908e-01,
            6.666666666666735130e-01);
    return f.mul(z, p);
  }

  /** NaN below zero, minus infinity at zero, infinity and NaN as they are. */
  private LLVMValueRef special(LLVMValueRef x, LLVMValueRef result) {
    LLVMValueRef infinity = f.of(Double.POSITIVE_INFINITY);
    LLVMValueRef finite = f.select(f.less(x, infinity), result, f.add(x, infinity));
    LLVMValueRef positive = f.select(f.less(x, f.of(0)), f.of(Double.NaN), finite);
    return f.select(f.equal(x, f.of(0)), f.of(Double.NEGATIVE_INFINITY), positive);
  }
}
