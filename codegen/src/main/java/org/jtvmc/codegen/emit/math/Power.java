package org.jtvmc.codegen.emit.math;

import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * pow in float64 as {@code exp(y log x)}: the relative error is 2e-16 times the magnitude of {@code
 * y log x}, so below half an ulp once rounded to float32, and below 2e-13 in float64. Special cases
 * as in IEEE 754.
 */
final class Power {
  private final FloatLanes f;
  private final Exponential exponential;
  private final Logarithm logarithm;

  Power(FloatLanes f) {
    this.f = f;
    this.exponential = new Exponential(f);
    this.logarithm = new Logarithm(f);
  }

  LLVMValueRef pow(LLVMValueRef x, LLVMValueRef y) {
    LLVMValueRef zero = f.of(0);
    LLVMValueRef one = f.of(1);
    LLVMValueRef a = f.abs(x);
    LLVMValueRef magnitude = exponential.exp(f.mul(y, logarithm.log(a)));
    // 1 to an infinite power, where the product is NaN.
    LLVMValueRef unit = f.select(f.and(f.equal(a, one), f.not(f.isNan(y))), one, magnitude);

    LLVMValueRef isWhole = f.equal(f.trunc(y), y);
    LLVMValueRef halved = f.mul(y, f.of(0.5));
    LLVMValueRef isOdd = f.and(isWhole, f.not(f.equal(f.trunc(halved), halved)));
    LLVMValueRef signed = f.select(isOdd, f.copySign(unit, x), unit);
    LLVMValueRef infinity = f.of(Double.POSITIVE_INFINITY);
    LLVMValueRef isNegative = f.and(f.less(x, zero), f.less(a, infinity));
    LLVMValueRef undefined = f.and(isNegative, f.not(isWhole));
    LLVMValueRef defined = f.select(undefined, f.of(Double.NaN), signed);
    LLVMValueRef isOne = f.equal(x, one);
    LLVMValueRef trivial = f.equal(y, zero);
    return f.select(trivial, one, f.select(isOne, one, defined));
  }
}
