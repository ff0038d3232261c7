package org.jtvmc.codegen.emit.math;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.List;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.emit.InstructionSet;
import org.jtvmc.codegen.emit.IrBuilder;
import org.jtvmc.ir.type.DType;

/**
 * Instructions on vectors of one floating-point type, for writing polynomials. Nothing is
 * contracted or reordered but what {@link #fma} asks for: range reductions count on it.
 */
final class FloatLanes {
  private static final LLVMTypeRef[] NO_TYPES = {};

  /** The bits of a float32 number near this count in ones. */
  private static final float ROUNDING = 0x1.8p23f;

  private final IrBuilder ir;
  private final InstructionSet target;
  private final DType dtype;
  private final int lanes;
  private final boolean fused;
  private final boolean rounds;

  /**
   * @param dtype float32 or float64
   */
  FloatLanes(IrBuilder ir, InstructionSet target, DType dtype, int lanes) {
    this.ir = ir;
    this.target = target;
    this.dtype = dtype;
    this.lanes = lanes;
    this.fused = !target.isX86() || target.features().contains("fma");
    this.rounds = !target.isX86() || target.features().contains("sse4.1");
  }

  /** The same vectors with another element type. */
  FloatLanes with(DType other) {
    return new FloatLanes(ir, target, other, lanes);
  }

  boolean isDouble() {
    return dtype.bits() == 64;
  }

  /** The constant in every lane. */
  LLVMValueRef of(double value) {
    return ir.splat(ir.constant(dtype, value).ref(), lanes);
  }

  LLVMValueRef add(LLVMValueRef a, LLVMValueRef b) {
    return ir.binary(LLVMFAdd, a, b);
  }

  LLVMValueRef sub(LLVMValueRef a, LLVMValueRef b) {
    return ir.binary(LLVMFSub, a, b);
  }

  LLVMValueRef mul(LLVMValueRef a, LLVMValueRef b) {
    return ir.binary(LLVMFMul, a, b);
  }

  LLVMValueRef div(LLVMValueRef a, LLVMValueRef b) {
    return ir.binary(LLVMFDiv, a, b);
  }

  LLVMValueRef negate(LLVMValueRef a) {
    return ir.negate(a);
  }

  /** {@code a * b + c}: rounded once where the target can, twice elsewhere. */
  LLVMValueRef fma(LLVMValueRef a, LLVMValueRef b, LLVMValueRef c) {
    return fused ? ir.intrinsic("llvm.fma", a, b, c) : add(mul(a, b), c);
  }

  /** The polynomial in {@code x}, coefficients from the highest power down. */
  LLVMValueRef polynomial(LLVMValueRef x, double... coefficients) {
    LLVMValueRef sum = of(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      sum = fma(sum, x, of(coefficients[i]));
    }
    return sum;
  }

  LLVMValueRef abs(LLVMValueRef a) {
    return ir.intrinsic("llvm.fabs", a);
  }

  LLVMValueRef sqrt(LLVMValueRef a) {
    return ir.intrinsic("llvm.sqrt", a);
  }

  LLVMValueRef floor(LLVMValueRef a) {
    if (rounds) {
      return ir.intrinsic("llvm.floor", a);
    }
    LLVMValueRef nearest = round(a);
    LLVMValueRef below = select(less(a, nearest), sub(nearest, of(1)), nearest);
    return copySign(below, a);
  }

  LLVMValueRef ceil(LLVMValueRef a) {
    return rounds ? ir.intrinsic("llvm.ceil", a) : negate(floor(negate(a)));
  }

  LLVMValueRef trunc(LLVMValueRef a) {
    return rounds ? ir.intrinsic("llvm.trunc", a) : copySign(floor(abs(a)), a);
  }

  /** To the nearest integer, ties to even. */
  LLVMValueRef round(LLVMValueRef a) {
    if (rounds) {
      return ir.intrinsic("llvm.roundeven", a);
    }
    // Added to a number this large, a fraction is rounded away.
    LLVMValueRef large = of(isDouble() ? 0x1p52 : 0x1p23);
    LLVMValueRef magnitude = abs(a);
    LLVMValueRef rounded = copySign(sub(add(magnitude, large), large), a);
    return select(less(magnitude, large), rounded, a);
  }

  /**
   * As {@link #round} for magnitudes of at most 2^21; others give anything. On a GPU conversions
   * take eight times as long as additions.
   */
  LLVMValueRef roundSmall(LLVMValueRef a) {
    return roundsByAdding() ? sub(add(a, of(ROUNDING)), of(ROUNDING)) : round(a);
  }

  /** The small whole number {@code a} as an integer; anything for others. */
  private LLVMValueRef smallToInteger(LLVMValueRef a) {
    LLVMValueRef shifted = bits(add(a, of(ROUNDING)));
    return ir.binary(LLVMSub, shifted, word(Float.floatToRawIntBits(ROUNDING)));
  }

  private boolean roundsByAdding() {
    return target.isGpu() && !isDouble();
  }

  LLVMValueRef copySign(LLVMValueRef magnitude, LLVMValueRef sign) {
    return ir.intrinsic("llvm.copysign", magnitude, sign);
  }

  LLVMValueRef less(LLVMValueRef a, LLVMValueRef b) {
    return ir.compareFloats(LLVMRealOLT, a, b);
  }

  LLVMValueRef equal(LLVMValueRef a, LLVMValueRef b) {
    return ir.compareFloats(LLVMRealOEQ, a, b);
  }

  LLVMValueRef isNan(LLVMValueRef a) {
    return ir.compareFloats(LLVMRealUNO, a, a);
  }

  LLVMValueRef select(LLVMValueRef condition, LLVMValueRef yes, LLVMValueRef no) {
    return ir.select(condition, yes, no);
  }

  LLVMValueRef and(LLVMValueRef a, LLVMValueRef b) {
    return ir.binary(LLVMAnd, a, b);
  }

  LLVMValueRef not(LLVMValueRef a) {
    return ir.not(a);
  }

  /** Within {@code [low, high]}; NaN stays. */
  LLVMValueRef clamp(LLVMValueRef a, double low, double high) {
    LLVMValueRef least = of(low);
    LLVMValueRef below = atMost(a, high);
    return select(less(below, least), least, below);
  }

  /** No more than {@code high}; NaN stays. */
  LLVMValueRef atMost(LLVMValueRef a, double high) {
    LLVMValueRef most = of(high);
    return select(less(most, a), most, a);
  }

  /** True where {@link #lookUp} is an instruction. */
  boolean looksUp() {
    return lanes == 16 && !isDouble() && target.isX86() && target.features().contains("avx512f");
  }

  /**
   * For each lane the one of 32 values that the last five bits of {@code index} name.
   *
   * @param index integers
   */
  LLVMValueRef lookUp(LLVMValueRef index, List<Double> values) {
    return ir.intrinsic(
        "llvm.x86.avx512.vpermi2var.ps.512",
        NO_TYPES,
        ir.constants(dtype, values.subList(0, lanes)),
        index,
        ir.constants(dtype, values.subList(lanes, 2 * lanes)));
  }

  // Bits

  private LLVMTypeRef bitType() {
    return ir.types().vector(ir.types().integer(dtype.bits()), lanes);
  }

  private LLVMTypeRef floatType() {
    return ir.types().register(dtype, lanes);
  }

  LLVMValueRef bits(LLVMValueRef a) {
    return ir.convert(LLVMBitCast, a, bitType());
  }

  LLVMValueRef fromBits(LLVMValueRef a) {
    return ir.convert(LLVMBitCast, a, floatType());
  }

  LLVMValueRef word(long value) {
    return ir.splat(LLVMConstInt(ir.types().integer(dtype.bits()), value, 0), lanes);
  }

  /** An integer instruction by its {@code LLVMOpcode}. */
  LLVMValueRef integer(int opcode, LLVMValueRef a, LLVMValueRef b) {
    return ir.binary(opcode, a, b);
  }

  LLVMValueRef toInteger(LLVMValueRef a) {
    return ir.convert(LLVMFPToSI, a, bitType());
  }

  LLVMValueRef fromInteger(LLVMValueRef a) {
    return ir.convert(LLVMSIToFP, a, floatType());
  }

  /** A vector of the other floating-point type as one of this. */
  LLVMValueRef widen(LLVMValueRef a) {
    return ir.convert(LLVMFPExt, a, floatType());
  }

  LLVMValueRef narrow(LLVMValueRef a) {
    return ir.convert(LLVMFPTrunc, a, floatType());
  }

  /**
   * {@code a * 2^n}, rounded once; zero where {@code vanishes}. Lanes that vanish must not get
   * there by underflow, for which many processors take a hundred times as long.
   *
   * @param a of magnitude near 1
   * @param n an integer, at most twice the type's exponents, or anything where {@code vanishes}
   */
  LLVMValueRef scaleOrZero(LLVMValueRef a, LLVMValueRef n, LLVMValueRef vanishes) {
    String suffix = scaleSuffix();
    if (suffix != null && suffix.endsWith("512")) {
      LLVMValueRef mask = ir.convert(LLVMBitCast, not(vanishes), ir.types().integer(lanes));
      // The last operand asks for the current rounding mode.
      return ir.intrinsic(scaleName(suffix), NO_TYPES, a, n, of(0), mask, ir.int32(4));
    }
    LLVMValueRef scaled;
    if (roundsByAdding()) {
      return select(vanishes, of(0), scaled(a, smallToInteger(n)));
    }
    LLVMValueRef exponent = select(vanishes, of(0), n);
    if (suffix != null) {
      LLVMValueRef all = LLVMConstAllOnes(ir.types().integer(8));
      scaled = ir.intrinsic(scaleName(suffix), NO_TYPES, a, exponent, a, all);
    } else {
      scaled = scaled(a, toInteger(exponent));
    }
    return select(vanishes, of(0), scaled);
  }

  /** {@code a * 2^n} in two steps, of which only the second may round. */
  private LLVMValueRef scaled(LLVMValueRef a, LLVMValueRef n) {
    LLVMValueRef half = ir.binary(LLVMAShr, n, word(1));
    LLVMValueRef rest = ir.binary(LLVMSub, n, half);
    return mul(mul(a, powerOfTwo(half)), powerOfTwo(rest));
  }

  private static String scaleName(String suffix) {
    return "llvm.x86.avx512.mask.scalef." + suffix;
  }

  /** {@code 2^n} for an integer exponent of a normal number. */
  LLVMValueRef powerOfTwo(LLVMValueRef exponent) {
    int mantissa = isDouble() ? 52 : 23;
    int bias = isDouble() ? 1023 : 127;
    LLVMValueRef biased = ir.binary(LLVMAdd, exponent, word(bias));
    return fromBits(ir.binary(LLVMShl, biased, word(mantissa)));
  }

  private String scaleSuffix() {
    int width = lanes * dtype.bits();
    boolean available =
        width == 512
            ? target.features().contains("avx512f")
            : (width == 256 || width == 128) && target.features().contains("avx512vl");
    return available ? (isDouble() ? "pd." : "ps.") + width : null;
  }
}
