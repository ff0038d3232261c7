package org.jtvmc.codegen.emit.math;

import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * sin, cos, tan and their inverses in float64: sin and cos 1 ulp, tan and the inverses 3 ulp. The
 * angle must be below 2^20 in magnitude; above, the error grows with it. The coefficients are
 * fdlibm's (kernels) and Cephes's (atan).
 */
final class Trigonometry {
  private static final double TWO_OVER_PI = 6.36619772367581382433e-01;

  // pi/2 in parts of 33 bits, whose products with a quadrant's number are exact.
  private static final double HALF_PI_1 = 1.57079632673412561417e+00;
  private static final double HALF_PI_2 = 6.07710050630396597660e-11;
  private static final double HALF_PI_3 = 2.02226624871116645580e-21;

  private static final double HALF_PI = 1.5707963267948966;
  private static final double HALF_PI_REST = 6.123233995736766e-17;

  private final FloatLanes f;

  Trigonometry(FloatLanes f) {
    this.f = f;
  }

  /** {@code x} less a multiple of pi/2: {@code high + low}, within pi/4. */
  private record Reduced(LLVMValueRef quadrant, LLVMValueRef high, LLVMValueRef low) {}

  LLVMValueRef sin(LLVMValueRef x) {
    Reduced r = reduce(x);
    LLVMValueRef result = rotated(r, r.quadrant());
    // The quadrant's rest of minus zero is plus zero.
    return f.select(f.equal(x, f.of(0)), x, result);
  }

  LLVMValueRef cos(LLVMValueRef x) {
    Reduced r = reduce(x);
    return rotated(r, f.add(r.quadrant(), f.of(1)));
  }

  LLVMValueRef tan(LLVMValueRef x) {
    Reduced r = reduce(x);
    LLVMValueRef sin = sinKernel(r.high(), r.low());
    LLVMValueRef cos = cosKernel(r.high(), r.low());
    LLVMValueRef odd = isOdd(r.quadrant());
    LLVMValueRef top = f.select(odd, f.negate(cos), sin);
    LLVMValueRef bottom = f.select(odd, sin, cos);
    return f.select(f.equal(x, f.of(0)), x, f.div(top, bottom));
  }

  LLVMValueRef atan(LLVMValueRef x) {
    LLVMValueRef a = f.abs(x);
    LLVMValueRef one = f.of(1);
    LLVMValueRef isLarge = f.less(f.of(2.41421356237309504880), a);
    LLVMValueRef isMiddle = f.and(f.less(f.of(0.66), a), f.not(isLarge));
    LLVMValueRef inverse = f.div(f.of(-1), a);
    LLVMValueRef shifted = f.div(f.sub(a, one), f.add(a, one));
    LLVMValueRef t = f.select(isLarge, inverse, f.select(isMiddle, shifted, a));
    LLVMValueRef base =
        f.select(isLarge, f.of(HALF_PI), f.select(isMiddle, f.of(HALF_PI / 2), f.of(0)));
    LLVMValueRef rest =
        f.select(isLarge, f.of(HALF_PI_REST), f.select(isMiddle, f.of(HALF_PI_REST / 2), f.of(0)));
    LLVMValueRef z = f.mul(t, t);
    LLVMValueRef p =
        f.polynomial(
            z,
            -8.750608600031904122785e-1,
            -1.615753718733365076637e1,
            -7.500855792314704667340e1,
            -1.228866684490136173410e2,
            -6.485021904942025371773e1);
    LLVMValueRef q =
        f.polynomial(
            z,
            1,
            2.485846490142306297962e1,
            1.650270098316988542046e2,
            4.328810604912902668951e2,
            4.853903996359136964868e2,
            1.945506571482613964425e2);
    LLVMValueRef tail = f.mul(t, f.div(f.mul(z, p), q));
    LLVMValueRef result = f.add(base, f.add(t, f.add(tail, rest)));
    return f.copySign(result, x);
  }

  LLVMValueRef asin(LLVMValueRef x) {
    LLVMValueRef one = f.of(1);
    LLVMValueRef cosine = f.sqrt(f.mul(f.sub(one, x), f.add(one, x)));
    return atan(f.div(x, cosine));
  }

  LLVMValueRef acos(LLVMValueRef x) {
    LLVMValueRef one = f.of(1);
    LLVMValueRef half = atan(f.sqrt(f.div(f.sub(one, x), f.add(one, x))));
    return f.add(half, half);
  }

  private Reduced reduce(LLVMValueRef x) {
    LLVMValueRef n = f.round(f.mul(x, f.of(TWO_OVER_PI)));
    LLVMValueRef first = f.sub(x, f.mul(n, f.of(HALF_PI_1)));
    LLVMValueRef second = f.mul(n, f.of(HALF_PI_2));
    LLVMValueRef r = f.sub(first, second);
    LLVMValueRef lost = f.sub(f.sub(first, r), second);
    LLVMValueRef rest = f.sub(lost, f.mul(n, f.of(HALF_PI_3)));
    LLVMValueRef high = f.add(r, rest);
    LLVMValueRef low = f.add(f.sub(r, high), rest);
    return new Reduced(n, high, low);
  }

  /** The sine of the reduced angle plus {@code quadrant} quarter turns. */
  private LLVMValueRef rotated(Reduced r, LLVMValueRef quadrant) {
    LLVMValueRef value =
        f.select(isOdd(quadrant), cosKernel(r.high(), r.low()), sinKernel(r.high(), r.low()));
    LLVMValueRef half = f.mul(quadrant, f.of(0.5));
    LLVMValueRef isUpper = isOdd(f.floor(half));
    return f.select(isUpper, f.negate(value), value);
  }

  private LLVMValueRef isOdd(LLVMValueRef n) {
    LLVMValueRef half = f.mul(n, f.of(0.5));
    return f.not(f.equal(f.floor(half), half));
  }

  private LLVMValueRef sinKernel(LLVMValueRef x, LLVMValueRef low) {
    LLVMValueRef z = f.mul(x, x);
    LLVMValueRef v = f.mul(z, x);
    LLVMValueRef r =
        f.polynomial(
            z,
            1.58969099521155010221e-10,
            -2.50507602534068634195e-08,
            2.75573137070700676789e-06,
            -1.98412698298579493134e-04,
            8.33333333332248946124e-03);
    LLVMValueRef inner = f.sub(f.mul(f.of(0.5), low), f.mul(v, r));
    LLVMValueRef cubic = f.mul(v, f.of(-1.66666666666666324348e-01));
    return f.sub(x, f.sub(f.sub(f.mul(z, inner), low), cubic));
  }

  private LLVMValueRef cosKernel(LLVMValueRef x, LLVMValueRef low) {
    LLVMValueRef z = f.mul(x, x);
    LLVMValueRef r =
        f.mul(
            z,
            f.polynomial(
                z,
                -1.13596475577881948265e-11,
                2.08757232129817482790e-09,
                -2.75573143513906633035e-07,
                2.48015872894767294178e-05,
                -1.38888888888741095749e-03,
                4.16666666666666019037e-02));
    LLVMValueRef half = f.mul(f.of(0.5), z);
    LLVMValueRef w = f.sub(f.of(1), half);
    LLVMValueRef lost = f.sub(f.sub(f.of(1), w), half);
    return f.add(w, f.add(lost, f.sub(f.mul(z, r), f.mul(x, low))));
  }
}
