package org.jtvmc.codegen.emit.math;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.List;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.emit.InstructionSet;
import org.jtvmc.codegen.emit.IrBuilder;
import org.jtvmc.codegen.emit.Value;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.type.DType;

/**
 * Emits {@link IntrinsicOp}s inline, on scalars and vectors. The functions that networks spend time
 * in have float32 versions; the rare ones are evaluated in float64 and rounded.
 */
public final class MathEmitter {
  private final IrBuilder ir;
  private final InstructionSet target;

  public MathEmitter(IrBuilder ir, InstructionSet target) {
    this.ir = ir;
    this.target = target;
  }

  /**
   * The function of the arguments; a scalar among vectors is copied to every lane.
   *
   * @throws CodegenException where the function has no meaning for the type
   */
  public Value emit(IntrinsicOp op, List<Value> arguments) {
    int lanes = arguments.stream().mapToInt(Value::lanes).max().orElseThrow();
    List<LLVMValueRef> refs =
        arguments.stream().map(argument -> ir.splat(argument, lanes).ref()).toList();
    DType dtype = arguments.getFirst().dtype();
    LLVMValueRef x = refs.getFirst();
    if (!dtype.isFloat()) {
      return new Value(integer(op, x, dtype, lanes), dtype, lanes);
    }
    FloatLanes f = new FloatLanes(ir, target, dtype.bits() == 64 ? DType.F64 : DType.F32, lanes);
    return switch (op) {
      case IS_NAN -> new Value(f.isNan(x), DType.BOOL, lanes);
      case IS_INF ->
          new Value(f.equal(f.abs(x), f.of(Double.POSITIVE_INFINITY)), DType.BOOL, lanes);
      case FMA -> new Value(f.fma(x, refs.get(1), refs.get(2)), dtype, lanes);
      case POW -> new Value(power(f, x, refs.get(1), arguments.get(1)), dtype, lanes);
      case EXP,
          EXP2,
          EXPM1,
          LOG,
          LOG1P,
          LOG2,
          SQRT,
          RSQRT,
          TANH,
          SIGMOID,
          ERF,
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          SINH,
          COSH,
          ASINH,
          ACOSH,
          ATANH,
          FLOOR,
          CEIL,
          ROUND,
          TRUNC,
          ABS,
          SIGN ->
          new Value(unary(op, f, x), dtype, lanes);
    };
  }

  private LLVMValueRef unary(IntrinsicOp op, FloatLanes f, LLVMValueRef x) {
    return switch (op) {
      case EXP -> new Exponential(f).exp(x);
      case EXP2 -> new Exponential(f).exp2(x);
      case EXPM1 -> new Exponential(f).expm1(x);
      case SIGMOID -> new Exponential(f).sigmoid(x);
      case TANH -> new Exponential(f).tanh(x);
      case LOG -> new Logarithm(f).log(x);
      case LOG2 -> new Logarithm(f).log2(x);
      case LOG1P -> new Logarithm(f).log1p(x);
      case ERF -> new ErrorFunction(f).erf(x);
      case SIN -> inDouble(f, x, (d, v) -> new Trigonometry(d).sin(v));
      case COS -> inDouble(f, x, (d, v) -> new Trigonometry(d).cos(v));
      case TAN -> inDouble(f, x, (d, v) -> new Trigonometry(d).tan(v));
      case ASIN -> inDouble(f, x, (d, v) -> new Trigonometry(d).asin(v));
      case ACOS -> inDouble(f, x, (d, v) -> new Trigonometry(d).acos(v));
      case ATAN -> inDouble(f, x, (d, v) -> new Trigonometry(d).atan(v));
      case SINH -> inDouble(f, x, (d, v) -> new Exponential(d).sinh(v));
      case COSH -> inDouble(f, x, (d, v) -> new Exponential(d).cosh(v));
      case ASINH -> inDouble(f, x, (d, v) -> new Logarithm(d).asinh(v));
      case ACOSH -> inDouble(f, x, (d, v) -> new Logarithm(d).acosh(v));
      case ATANH -> inDouble(f, x, (d, v) -> new Logarithm(d).atanh(v));
      case SQRT -> f.sqrt(x);
      case RSQRT -> f.div(f.of(1), f.sqrt(x));
      case FLOOR -> f.floor(x);
      case CEIL -> f.ceil(x);
      case ROUND -> f.round(x);
      case TRUNC -> f.trunc(x);
      case ABS -> f.abs(x);
      case SIGN -> {
        LLVMValueRef isZeroOrNan = ir.not(ir.compareFloats(LLVMRealONE, x, f.of(0)));
        yield f.select(isZeroOrNan, x, f.copySign(f.of(1), x));
      }
      case POW, IS_NAN, IS_INF, FMA -> throw new IllegalStateException("not of one operand: " + op);
    };
  }

  private static LLVMValueRef inDouble(
      FloatLanes f, LLVMValueRef x, BiFunction<FloatLanes, LLVMValueRef, LLVMValueRef> function) {
    if (f.isDouble()) {
      return function.apply(f, x);
    }
    FloatLanes d = f.with(DType.F64);
    return f.narrow(function.apply(d, d.widen(x)));
  }

  /** Squares and roots are what networks raise to; they need no logarithm. */
  private LLVMValueRef power(FloatLanes f, LLVMValueRef x, LLVMValueRef y, Value exponent) {
    if (exponent.isScalar() && isRealConstant(exponent.ref())) {
      double value = constantValue(exponent.ref());
      if (value == 1) {
        return x;
      }
      if (value == 2) {
        return f.mul(x, x);
      }
      if (value == -1) {
        return f.div(f.of(1), x);
      }
    }
    if (f.isDouble()) {
      return new Power(f).pow(x, y);
    }
    FloatLanes d = f.with(DType.F64);
    return f.narrow(new Power(d).pow(d.widen(x), d.widen(y)));
  }

  private static boolean isRealConstant(LLVMValueRef value) {
    LLVMValueRef constant = LLVMIsAConstantFP(value);
    return constant != null && !constant.isNull();
  }

  private static double constantValue(LLVMValueRef value) {
    try (IntPointer losesInfo = new IntPointer(1L)) {
      return LLVMConstRealGetDouble(value, losesInfo);
    }
  }

  private LLVMValueRef integer(IntrinsicOp op, LLVMValueRef x, DType dtype, int lanes) {
    LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(x));
    return switch (op) {
      case ABS -> {
        LLVMValueRef negative = ir.binary(LLVMSub, zero, x);
        yield dtype.isSigned() ? ir.select(ir.compareInts(LLVMIntSLT, x, zero), negative, x) : x;
      }
      case SIGN -> {
        LLVMTypeRef type = ir.types().register(dtype, lanes);
        LLVMValueRef positive =
            ir.convert(
                LLVMZExt, ir.compareInts(dtype.isSigned() ? LLVMIntSGT : LLVMIntNE, x, zero), type);
        LLVMValueRef negative = ir.convert(LLVMSExt, ir.compareInts(LLVMIntSLT, x, zero), type);
        yield dtype.isSigned() ? ir.binary(LLVMOr, positive, negative) : positive;
      }
      case FLOOR, CEIL, ROUND, TRUNC -> x;
      default -> throw new CodegenException(op.symbol() + " of " + dtype);
    };
  }
}
