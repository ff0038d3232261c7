package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.type.DType;

/**
 * Conversions of float16 in integer arithmetic, for processors without instructions for them; LLVM
 * would call a library. After F. Giesen's half_to_float and float_to_half_full_rtne.
 */
final class HalfBits {
  private final IrBuilder ir;

  HalfBits(IrBuilder ir) {
    this.ir = ir;
  }

  /** A vector of {@code half} as {@code float}. */
  LLVMValueRef toFloat(LLVMValueRef stored, int lanes) {
    LLVMTypeRef words = ir.types().vector(ir.types().integer(32), lanes);
    LLVMTypeRef floats = ir.types().register(DType.F32, lanes);
    LLVMTypeRef shorts = ir.types().vector(ir.types().integer(16), lanes);
    LLVMValueRef bits = ir.convert(LLVMZExt, ir.convert(LLVMBitCast, stored, shorts), words);
    LLVMValueRef sign = shifted(LLVMShl, and(bits, 0x8000, lanes), 16, lanes);
    LLVMValueRef magnitude = shifted(LLVMShl, and(bits, 0x7fff, lanes), 13, lanes);
    // A product shifts the exponent, of denormals too.
    LLVMValueRef power = ir.convert(LLVMBitCast, word(0x77800000, lanes), floats);
    LLVMValueRef scaled = ir.binary(LLVMFMul, ir.convert(LLVMBitCast, magnitude, floats), power);
    LLVMValueRef finite = ir.convert(LLVMBitCast, scaled, words);
    LLVMValueRef special = ir.binary(LLVMOr, magnitude, word(0x7f800000, lanes));
    LLVMValueRef isSpecial = ir.compareInts(LLVMIntUGE, magnitude, word(0x7c00L << 13, lanes));
    LLVMValueRef result = ir.binary(LLVMOr, ir.select(isSpecial, special, finite), sign);
    return ir.convert(LLVMBitCast, result, floats);
  }

  /** A {@code float} value rounded to nearest even, as {@code half}. */
  LLVMValueRef fromFloat(Value value) {
    int lanes = value.lanes();
    LLVMTypeRef words = ir.types().vector(ir.types().integer(32), lanes);
    LLVMTypeRef floats = LLVMTypeOf(value.ref());
    LLVMValueRef bits = ir.convert(LLVMBitCast, value.ref(), words);
    LLVMValueRef sign = and(bits, 0x80000000L, lanes);
    LLVMValueRef magnitude = ir.binary(LLVMXor, bits, sign);

    LLVMValueRef isNan = ir.compareInts(LLVMIntUGT, magnitude, word(0x7f800000, lanes));
    LLVMValueRef special = ir.select(isNan, word(0x7e00, lanes), word(0x7c00, lanes));

    // Added to one half, a denormal's bits come to lie where they belong, rounded.
    LLVMValueRef half = ir.convert(LLVMBitCast, word(0x3f000000, lanes), floats);
    LLVMValueRef sum = ir.binary(LLVMFAdd, ir.convert(LLVMBitCast, magnitude, floats), half);
    LLVMValueRef denormal =
        ir.binary(LLVMSub, ir.convert(LLVMBitCast, sum, words), word(0x3f000000, lanes));

    LLVMValueRef odd = and(shifted(LLVMLShr, magnitude, 13, lanes), 1, lanes);
    LLVMValueRef biased = ir.binary(LLVMAdd, magnitude, word(0xc8000fffL, lanes));
    LLVMValueRef normal = shifted(LLVMLShr, ir.binary(LLVMAdd, biased, odd), 13, lanes);

    LLVMValueRef isLarge = ir.compareInts(LLVMIntUGE, magnitude, word(0x47800000, lanes));
    LLVMValueRef isSmall = ir.compareInts(LLVMIntULT, magnitude, word(0x38800000, lanes));
    LLVMValueRef chosen = ir.select(isLarge, special, ir.select(isSmall, denormal, normal));
    LLVMValueRef signed = ir.binary(LLVMOr, chosen, shifted(LLVMLShr, sign, 16, lanes));
    LLVMTypeRef shorts = ir.types().vector(ir.types().integer(16), lanes);
    LLVMTypeRef halves = ir.types().memory(value.dtype(), lanes);
    return ir.convert(LLVMBitCast, ir.convert(LLVMTrunc, signed, shorts), halves);
  }

  private LLVMValueRef and(LLVMValueRef value, long mask, int lanes) {
    return ir.binary(LLVMAnd, value, word(mask, lanes));
  }

  private LLVMValueRef shifted(int opcode, LLVMValueRef value, long bits, int lanes) {
    return ir.binary(opcode, value, word(bits, lanes));
  }

  private LLVMValueRef word(long value, int lanes) {
    return ir.splat(ir.int32(value & 0xffffffffL), lanes);
  }
}
