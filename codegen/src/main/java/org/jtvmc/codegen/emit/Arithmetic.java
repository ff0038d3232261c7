package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.emit.math.FloatDivision;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.type.DType;

/**
 * The operators of scalar expressions on {@link Value}s, with the meaning that {@link BinaryOp} and
 * {@link Compare} give them. A scalar operand meets a vector by being copied to every lane.
 *
 * <p>No integer division traps: one by zero gives the dividend.
 */
final class Arithmetic {
  /** Of instructions that may round otherwise than the control register says. */
  private static final int CURRENT_ROUNDING = 4;

  private final IrBuilder ir;
  private final InstructionSet target;
  private final Conversions conversions;
  private final FloatDivision divisions;

  Arithmetic(IrBuilder ir, InstructionSet target) {
    this.ir = ir;
    this.target = target;
    this.conversions = new Conversions(ir, target);
    this.divisions = new FloatDivision(ir, target);
  }

  Value binary(BinaryOp op, Value left, Value right) {
    int lanes = Math.max(left.lanes(), right.lanes());
    Value a = ir.splat(left, lanes);
    Value b = ir.splat(right, lanes);
    DType dtype = a.dtype();
    if (dtype.isFloat()) {
      LLVMValueRef result = floats(op, a, b);
      boolean exact = op == BinaryOp.MIN || op == BinaryOp.MAX;
      Value value = new Value(result, dtype, lanes);
      return exact ? value : conversions.rounded(value);
    }
    return new Value(integers(op, a, b), dtype, lanes);
  }

  Value compare(Compare.Op op, Value left, Value right) {
    int lanes = Math.max(left.lanes(), right.lanes());
    LLVMValueRef a = ir.splat(left, lanes).ref();
    LLVMValueRef b = ir.splat(right, lanes).ref();
    LLVMValueRef result =
        left.dtype().isFloat()
            ? ir.compareFloats(floatPredicate(op), a, b)
            : ir.compareInts(integerPredicate(op, left.dtype().isSigned()), a, b);
    return new Value(result, DType.BOOL, lanes);
  }

  Value not(Value operand) {
    return new Value(ir.not(operand.ref()), DType.BOOL, operand.lanes());
  }

  /** Lane by lane; the condition may be a scalar. */
  Value select(Value condition, Value whenTrue, Value whenFalse) {
    int lanes = Math.max(condition.lanes(), Math.max(whenTrue.lanes(), whenFalse.lanes()));
    LLVMValueRef result =
        ir.select(
            condition.ref(), ir.splat(whenTrue, lanes).ref(), ir.splat(whenFalse, lanes).ref());
    if (condition.lanes() != lanes && !condition.isScalar()) {
      throw new IllegalStateException("condition of another length");
    }
    return new Value(result, whenTrue.dtype(), lanes);
  }

  Value cast(DType to, Value value) {
    return conversions.cast(to, value);
  }

  /** As {@link org.jtvmc.ir.expr.Reinterpret} says. */
  Value reinterpret(DType to, Value value) {
    return conversions.reinterpret(to, value);
  }

  /** {@code value} rounded to its own type, where that is narrower than its register's. */
  Value rounded(Value value) {
    return conversions.rounded(value);
  }

  private LLVMValueRef floats(BinaryOp op, Value left, Value right) {
    LLVMValueRef a = left.ref();
    LLVMValueRef b = right.ref();
    return switch (op) {
      case ADD -> ir.contractible(LLVMFAdd, a, b);
      case SUBTRACT -> ir.contractible(LLVMFSub, a, b);
      case MULTIPLY -> ir.contractible(LLVMFMul, a, b);
      case DIVIDE -> ir.contractible(LLVMFDiv, a, b);
      case REMAINDER -> divisions.remainder(left, right);
      case MIN -> extremum(LLVMRealOLT, a, b);
      case MAX -> extremum(LLVMRealOGT, a, b);
      case FLOOR_DIVIDE -> divisions.floorDivide(left, right);
      case FLOOR_MODULO -> divisions.floorModulo(left, right);
      case AND, OR, BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT, SHIFT_RIGHT ->
          throw new IllegalArgumentException("'" + op.symbol() + "' of floats");
    };
  }

  /**
   * {@code b < a ? b : a} (or {@code >}) is one x86 instruction, which gives {@code a} where either
   * is NaN; so only a NaN in {@code b} needs care, which is not what a reduction carries from step
   * to step. A constant takes that place, since it is none. Two steps, one behind the other, look
   * for it with one comparison.
   */
  private LLVMValueRef extremum(int predicate, LLVMValueRef left, LLVMValueRef right) {
    boolean swap = LLVMIsConstant(left) != 0;
    LLVMValueRef a = swap ? right : left;
    LLVMValueRef b = swap ? left : right;
    String instruction = extremumInstruction(predicate, a);
    if (LLVMIsConstant(b) != 0) {
      return ir.select(ir.compareFloats(predicate, b, a), b, a);
    }
    if (target.nanExtrema() && isSingle(a)) {
      return ir.intrinsic(predicate == LLVMRealOGT ? "llvm.maximum" : "llvm.minimum", a, b);
    }
    LLVMValueRef before = instruction == null ? null : withoutCare(a);
    if (before != null) {
      LLVMValueRef chosen =
          ir.intrinsic(instruction, new LLVMTypeRef[0], operands(instruction, b, before));
      LLVMValueRef either = ir.compareFloats(LLVMRealUNO, LLVMGetOperand(a, 1), b);
      return ir.select(either, notANumber(LLVMTypeOf(a)), chosen);
    }
    LLVMValueRef chosen =
        instruction == null
            ? ir.select(ir.compareFloats(predicate, b, a), b, a)
            : ir.intrinsic(instruction, new LLVMTypeRef[0], operands(instruction, b, a));
    return ir.select(ir.compareFloats(LLVMRealUNO, b, b), b, chosen);
  }

  private static boolean isSingle(LLVMValueRef value) {
    LLVMTypeRef type = LLVMTypeOf(value);
    boolean vector = LLVMGetTypeKind(type) == LLVMVectorTypeKind;
    return LLVMGetTypeKind(vector ? LLVMGetElementType(type) : type) == LLVMFloatTypeKind;
  }

  /**
   * What the step that gave {@code a} has before it cares for NaN, {@code isNaN(b) ? b : chosen};
   * null where {@code a} is nothing of the kind.
   */
  private static LLVMValueRef withoutCare(LLVMValueRef a) {
    if (LLVMIsASelectInst(a) == null) {
      return null;
    }
    LLVMValueRef b = LLVMGetOperand(a, 1);
    LLVMValueRef condition = LLVMGetOperand(a, 0);
    boolean caring =
        LLVMIsAFCmpInst(condition) != null
            && LLVMGetFCmpPredicate(condition) == LLVMRealUNO
            && LLVMGetOperand(condition, 0).equals(b)
            && LLVMGetOperand(condition, 1).equals(b);
    return caring ? LLVMGetOperand(a, 2) : null;
  }

  private LLVMValueRef notANumber(LLVMTypeRef vector) {
    LLVMValueRef nan = LLVMConstReal(LLVMGetElementType(vector), Double.NaN);
    return ir.splat(nan, LLVMGetVectorSize(vector));
  }

  private LLVMValueRef[] operands(String instruction, LLVMValueRef a, LLVMValueRef b) {
    return instruction.endsWith(".512")
        ? new LLVMValueRef[] {a, b, ir.int32(CURRENT_ROUNDING)}
        : new LLVMValueRef[] {a, b};
  }

  /**
   * The instruction itself for whole registers: LLVM would make one choice of the two, on a mask
   * that takes three instructions to compute. Null where there is none.
   */
  private String extremumInstruction(int predicate, LLVMValueRef vector) {
    LLVMTypeRef type = LLVMTypeOf(vector);
    if (!target.isX86() || LLVMGetTypeKind(type) != LLVMVectorTypeKind) {
      return null;
    }
    int kind = LLVMGetTypeKind(LLVMGetElementType(type));
    if (kind != LLVMFloatTypeKind && kind != LLVMDoubleTypeKind) {
      return null;
    }
    int bits = LLVMGetVectorSize(type) * (kind == LLVMFloatTypeKind ? 32 : 64);
    String name =
        (predicate == LLVMRealOGT ? "max.p" : "min.p") + (kind == LLVMFloatTypeKind ? "s" : "d");
    return switch (bits) {
      case 512 -> target.features().contains("avx512f") ? "llvm.x86.avx512." + name + ".512" : null;
      case 256 -> target.features().contains("avx") ? "llvm.x86.avx." + name + ".256" : null;
      default -> null;
    };
  }

  private LLVMValueRef integers(BinaryOp op, Value left, Value right) {
    LLVMValueRef a = left.ref();
    LLVMValueRef b = right.ref();
    boolean signed = left.dtype().isSigned();
    boolean bool = left.dtype().isBool();
    return switch (op) {
      case ADD -> ir.binary(bool ? LLVMOr : LLVMAdd, a, b);
      case SUBTRACT -> ir.binary(LLVMSub, a, b);
      case MULTIPLY -> ir.binary(bool ? LLVMAnd : LLVMMul, a, b);
      case DIVIDE -> divide(a, b, signed, false);
      case REMAINDER -> divide(a, b, signed, true);
      case FLOOR_DIVIDE -> signed ? floorDivide(a, b, false) : divide(a, b, false, false);
      case FLOOR_MODULO -> signed ? floorDivide(a, b, true) : divide(a, b, false, true);
      case MIN ->
          bool ? ir.binary(LLVMAnd, a, b) : ir.intrinsic(signed ? "llvm.smin" : "llvm.umin", a, b);
      case MAX ->
          bool ? ir.binary(LLVMOr, a, b) : ir.intrinsic(signed ? "llvm.smax" : "llvm.umax", a, b);
      case AND, BIT_AND -> ir.binary(LLVMAnd, a, b);
      case OR, BIT_OR -> ir.binary(LLVMOr, a, b);
      case BIT_XOR -> ir.binary(LLVMXor, a, b);
      case SHIFT_LEFT -> ir.binary(LLVMShl, a, b);
      case SHIFT_RIGHT -> ir.binary(signed ? LLVMAShr : LLVMLShr, a, b);
    };
  }

  private LLVMValueRef divide(LLVMValueRef a, LLVMValueRef b, boolean signed, boolean remainder) {
    if (LLVMIsConstant(b) != 0) {
      return rawDivide(a, b, signed, remainder);
    }
    LLVMTypeRef type = LLVMTypeOf(b);
    LLVMValueRef zero = LLVMConstNull(type);
    LLVMValueRef one = ir.convert(LLVMZExt, ir.compareInts(LLVMIntEQ, zero, zero), type);
    LLVMValueRef isZero = ir.compareInts(LLVMIntEQ, b, zero);
    if (!signed) {
      return rawDivide(a, ir.select(isZero, one, b), false, remainder);
    }
    // The smallest integer divided by -1 traps on x86.
    LLVMValueRef minusOne = LLVMConstAllOnes(type);
    LLVMValueRef isMinusOne = ir.compareInts(LLVMIntEQ, b, minusOne);
    LLVMValueRef safe = ir.select(ir.binary(LLVMOr, isZero, isMinusOne), one, b);
    LLVMValueRef result = rawDivide(a, safe, true, remainder);
    return remainder ? result : ir.select(isMinusOne, ir.binary(LLVMSub, zero, a), result);
  }

  private LLVMValueRef rawDivide(
      LLVMValueRef a, LLVMValueRef b, boolean signed, boolean remainder) {
    int opcode = remainder ? (signed ? LLVMSRem : LLVMURem) : (signed ? LLVMSDiv : LLVMUDiv);
    return ir.binary(opcode, a, b);
  }

  private LLVMValueRef floorDivide(LLVMValueRef a, LLVMValueRef b, boolean modulo) {
    LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(a));
    LLVMValueRef rest = divide(a, b, true, true);
    LLVMValueRef inexact = ir.compareInts(LLVMIntNE, rest, zero);
    LLVMValueRef opposite = ir.compareInts(LLVMIntSLT, ir.binary(LLVMXor, rest, b), zero);
    LLVMValueRef adjust = ir.binary(LLVMAnd, inexact, opposite);
    if (modulo) {
      return ir.select(adjust, ir.binary(LLVMAdd, rest, b), rest);
    }
    LLVMValueRef quotient = divide(a, b, true, false);
    LLVMValueRef one = ir.convert(LLVMSExt, adjust, LLVMTypeOf(a));
    return ir.binary(LLVMAdd, quotient, one);
  }

  private static int floatPredicate(Compare.Op op) {
    return switch (op) {
      case EQUAL -> LLVMRealOEQ;
      case NOT_EQUAL -> LLVMRealUNE;
      case LESS -> LLVMRealOLT;
      case LESS_EQUAL -> LLVMRealOLE;
      case GREATER -> LLVMRealOGT;
      case GREATER_EQUAL -> LLVMRealOGE;
    };
  }

  static int integerPredicate(Compare.Op op, boolean signed) {
    return switch (op) {
      case EQUAL -> LLVMIntEQ;
      case NOT_EQUAL -> LLVMIntNE;
      case LESS -> signed ? LLVMIntSLT : LLVMIntULT;
      case LESS_EQUAL -> signed ? LLVMIntSLE : LLVMIntULE;
      case GREATER -> signed ? LLVMIntSGT : LLVMIntUGT;
      case GREATER_EQUAL -> signed ? LLVMIntSGE : LLVMIntUGE;
    };
  }
}
