package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.type.DType;

/** Conversions between the element types, and between a value's forms in registers and memory. */
final class Conversions {
  private final IrBuilder ir;

  /** Converts float16 by its bits; null where the target has instructions for it. */
  private final HalfBits half;

  Conversions(IrBuilder ir, InstructionSet target) {
    this.ir = ir;
    boolean instructions = !target.isX86() || target.features().contains("f16c");
    this.half = instructions ? null : new HalfBits(ir);
  }

  /** As {@link org.jtvmc.ir.expr.Cast} says. */
  Value cast(DType to, Value value) {
    DType from = value.dtype();
    int lanes = value.lanes();
    if (from.equals(to)) {
      return value;
    }
    LLVMTypeRef type = ir.types().register(to, lanes);
    LLVMValueRef ref = value.ref();
    LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(ref));
    if (to.isBool()) {
      LLVMValueRef truth =
          from.isFloat()
              ? ir.compareFloats(LLVMRealUNE, ref, zero)
              : ir.compareInts(LLVMIntNE, ref, zero);
      return new Value(truth, to, lanes);
    }
    if (from.isFloat() && to.isFloat()) {
      int fromBits = IrTypes.registerBits(from);
      int toBits = IrTypes.registerBits(to);
      LLVMValueRef resized = ref;
      if (fromBits != toBits) {
        resized = ir.convert(fromBits < toBits ? LLVMFPExt : LLVMFPTrunc, ref, type);
      }
      return rounded(new Value(resized, to, lanes));
    }
    if (from.isFloat()) {
      return new Value(ir.convert(to.isSigned() ? LLVMFPToSI : LLVMFPToUI, ref, type), to, lanes);
    }
    if (to.isFloat()) {
      LLVMValueRef converted = ir.convert(from.isSigned() ? LLVMSIToFP : LLVMUIToFP, ref, type);
      return rounded(new Value(converted, to, lanes));
    }
    int fromBits = from.isBool() ? 1 : from.bits();
    if (fromBits == to.bits()) {
      return new Value(ref, to, lanes);
    }
    int opcode = fromBits > to.bits() ? LLVMTrunc : from.isSigned() ? LLVMSExt : LLVMZExt;
    return new Value(ir.convert(opcode, ref, type), to, lanes);
  }

  /** The bits that memory holds of the value, read as another type of the same size. */
  Value reinterpret(DType to, Value value) {
    LLVMTypeRef type = ir.types().memory(to, value.lanes());
    return fromMemory(ir.convert(LLVMBitCast, toMemory(value), type), to, value.lanes());
  }

  /** A {@code float} that stands for a narrower type, rounded to it (nearest even). */
  Value rounded(Value value) {
    DType dtype = value.dtype();
    if (dtype.kind() == DType.Kind.TFLOAT) {
      return toTensorFloat(value);
    }
    if (!dtype.isFloat() || dtype.bits() != 16) {
      return value;
    }
    return fromMemory(toMemory(value), dtype, value.lanes());
  }

  /** The value in the form that memory holds. */
  LLVMValueRef toMemory(Value value) {
    DType dtype = value.dtype();
    int lanes = value.lanes();
    LLVMTypeRef type = ir.types().memory(dtype, lanes);
    return switch (dtype.kind()) {
      case BOOL -> ir.convert(LLVMZExt, value.ref(), type);
      case BFLOAT -> toBfloat(value, type);
      case TFLOAT -> value.ref();
      case FLOAT ->
          dtype.bits() != 16
              ? value.ref()
              : half == null ? ir.convert(LLVMFPTrunc, value.ref(), type) : half.fromFloat(value);
      case INT,
          UINT,
          FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN,
          STRING ->
          value.ref();
    };
  }

  /** What memory holds, as a value. */
  Value fromMemory(LLVMValueRef stored, DType dtype, int lanes) {
    LLVMTypeRef type = ir.types().register(dtype, lanes);
    LLVMValueRef value =
        switch (dtype.kind()) {
          case BOOL -> ir.compareInts(LLVMIntNE, stored, LLVMConstNull(LLVMTypeOf(stored)));
          case BFLOAT -> {
            LLVMTypeRef wide = ir.types().vector(ir.types().integer(32), lanes);
            LLVMValueRef bits = ir.convert(LLVMZExt, stored, wide);
            yield ir.convert(LLVMBitCast, ir.binary(LLVMShl, bits, word(16, lanes)), type);
          }
          case TFLOAT -> stored;
          case FLOAT ->
              dtype.bits() != 16
                  ? stored
                  : half == null
                      ? ir.convert(LLVMFPExt, stored, type)
                      : half.toFloat(stored, lanes);
          case INT,
              UINT,
              FLOAT8_E4M3FN,
              FLOAT8_E4M3FNUZ,
              FLOAT8_E5M2,
              FLOAT8_E5M2FNUZ,
              FLOAT8_E8M0FNU,
              FLOAT4_E2M1FN,
              STRING ->
              stored;
        };
    return new Value(value, dtype, lanes);
  }

  /**
   * Rounds to nearest even in integers: the conversion instruction of AVX512-BF16 drops denormals.
   */
  private LLVMValueRef toBfloat(Value value, LLVMTypeRef type) {
    int lanes = value.lanes();
    LLVMTypeRef wide = ir.types().vector(ir.types().integer(32), lanes);
    LLVMValueRef bits = ir.convert(LLVMBitCast, value.ref(), wide);
    LLVMValueRef high = ir.binary(LLVMLShr, bits, word(16, lanes));
    LLVMValueRef odd = ir.binary(LLVMAnd, high, word(1, lanes));
    LLVMValueRef bias = ir.binary(LLVMAdd, odd, word(0x7fff, lanes));
    LLVMValueRef rounded = ir.binary(LLVMLShr, ir.binary(LLVMAdd, bits, bias), word(16, lanes));
    LLVMValueRef quiet = ir.binary(LLVMOr, high, word(0x40, lanes));
    LLVMValueRef isNan = ir.compareFloats(LLVMRealUNO, value.ref(), value.ref());
    return ir.convert(LLVMTrunc, ir.select(isNan, quiet, rounded), type);
  }

  private Value toTensorFloat(Value value) {
    int lanes = value.lanes();
    LLVMTypeRef wide = ir.types().vector(ir.types().integer(32), lanes);
    LLVMValueRef bits = ir.convert(LLVMBitCast, value.ref(), wide);
    LLVMValueRef odd =
        ir.binary(LLVMAnd, ir.binary(LLVMLShr, bits, word(13, lanes)), word(1, lanes));
    LLVMValueRef biased = ir.binary(LLVMAdd, bits, ir.binary(LLVMAdd, odd, word(0xfff, lanes)));
    LLVMValueRef rounded =
        ir.convert(
            LLVMBitCast,
            ir.binary(LLVMAnd, biased, word(0xffffe000L, lanes)),
            LLVMTypeOf(value.ref()));
    LLVMValueRef isNan = ir.compareFloats(LLVMRealUNO, value.ref(), value.ref());
    return new Value(ir.select(isNan, value.ref(), rounded), value.dtype(), lanes);
  }

  private LLVMValueRef word(long value, int lanes) {
    return ir.splat(ir.int32(value), lanes);
  }
}
