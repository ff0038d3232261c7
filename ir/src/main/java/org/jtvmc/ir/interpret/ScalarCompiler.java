package org.jtvmc.ir.interpret;

import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToIntFunction;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.type.DType;

/** Turns scalar expressions into closures over the values of their variables. */
final class ScalarCompiler {
  private final ToIntFunction<PrimVar> positions;
  private final ElementAccess elements;

  /**
   * @param positions where each variable's value is among those that code is given
   * @param elements how elements are read
   */
  ScalarCompiler(ToIntFunction<PrimVar> positions, ElementAccess elements) {
    this.positions = positions;
    this.elements = elements;
  }

  /** The code of a floating-point expression. */
  RealCode real(PrimExpr expr) {
    DType dtype = expr.dtype();
    return switch (expr) {
      case FloatImm imm -> {
        double value = Rounding.round(dtype, imm.value());
        yield _ -> value;
      }
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) ->
          rounded(op, dtype, real(left), real(right));
      case Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse) -> {
        IntegerCode test = integer(condition);
        RealCode yes = real(whenTrue);
        RealCode no = real(whenFalse);
        yield v -> test.at(v) != 0 ? yes.at(v) : no.at(v);
      }
      case Cast(_, PrimExpr value) -> {
        if (value.dtype().isFloat()) {
          RealCode code = real(value);
          yield v -> Rounding.round(dtype, code.at(v));
        }
        IntegerCode code = integer(value);
        DType from = value.dtype();
        yield v -> Rounding.round(dtype, Rounding.toReal(from, code.at(v)));
      }
      case Reinterpret(_, PrimExpr value) -> {
        IntegerCode bits = bits(value);
        yield v -> Bits.toReal(dtype, bits.at(v));
      }
      case Intrinsic intrinsic -> intrinsic(intrinsic);
      case Read _, Load _ -> elements.real(expr, this);
      case IntImm _, PrimVar _, Compare _, Not _ -> throw unexpected(expr);
    };
  }

  private static RealCode rounded(BinaryOp op, DType dtype, RealCode a, RealCode b) {
    if (dtype.equals(DType.F32)) {
      return switch (op) {
        case ADD -> v -> (float) (a.at(v) + b.at(v));
        case SUBTRACT -> v -> (float) (a.at(v) - b.at(v));
        case MULTIPLY -> v -> (float) (a.at(v) * b.at(v));
        case DIVIDE -> v -> (float) (a.at(v) / b.at(v));
        case MIN -> v -> Math.min(a.at(v), b.at(v));
        case MAX -> v -> Math.max(a.at(v), b.at(v));
        case REMAINDER,
            FLOOR_DIVIDE,
            FLOOR_MODULO,
            AND,
            OR,
            BIT_AND,
            BIT_OR,
            BIT_XOR,
            SHIFT_LEFT,
            SHIFT_RIGHT -> {
          DoubleBinaryOperator exact = arithmetic(op);
          yield v -> (float) exact.applyAsDouble(a.at(v), b.at(v));
        }
      };
    }
    DoubleBinaryOperator exact = arithmetic(op);
    return v -> Rounding.round(dtype, exact.applyAsDouble(a.at(v), b.at(v)));
  }

  private static DoubleBinaryOperator arithmetic(BinaryOp op) {
    return switch (op) {
      case ADD -> Double::sum;
      case SUBTRACT -> (a, b) -> a - b;
      case MULTIPLY -> (a, b) -> a * b;
      case DIVIDE -> (a, b) -> a / b;
      case REMAINDER -> (a, b) -> a % b;
      case MIN -> Math::min;
      case MAX -> Math::max;
      case FLOOR_DIVIDE, FLOOR_MODULO, AND, OR, BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT, SHIFT_RIGHT ->
          throw new IllegalArgumentException("'" + op.symbol() + "' of floating-point values");
    };
  }

  private RealCode intrinsic(Intrinsic intrinsic) {
    DType dtype = intrinsic.dtype();
    List<RealCode> arguments = intrinsic.arguments().stream().map(this::real).toList();
    RealCode a = arguments.getFirst();
    return switch (intrinsic.op()) {
      case POW -> {
        RealCode b = arguments.get(1);
        yield v -> Rounding.round(dtype, Math.pow(a.at(v), b.at(v)));
      }
      case FMA -> {
        RealCode b = arguments.get(1);
        RealCode c = arguments.get(2);
        yield dtype.equals(DType.F32)
            ? v -> Math.fma((float) a.at(v), (float) b.at(v), (float) c.at(v))
            : v -> Rounding.round(dtype, Math.fma(a.at(v), b.at(v), c.at(v)));
      }
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
          SIGN,
          IS_NAN,
          IS_INF -> {
        DoubleUnaryOperator function = RealFunctions.of(intrinsic.op());
        yield v -> Rounding.round(dtype, function.applyAsDouble(a.at(v)));
      }
    };
  }

  /** The code of an integer or boolean expression. */
  IntegerCode integer(PrimExpr expr) {
    DType dtype = expr.dtype();
    return switch (expr) {
      case IntImm imm -> {
        long value = Bits.toInteger(dtype, imm.value());
        yield _ -> value;
      }
      case PrimVar variable -> {
        int position = positions.applyAsInt(variable);
        yield v -> v[position];
      }
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) ->
          binary(op, dtype, integer(left), integer(right));
      case Compare compare -> comparison(compare);
      case Not(PrimExpr operand) -> {
        IntegerCode code = integer(operand);
        yield v -> code.at(v) ^ 1;
      }
      case Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse) -> {
        IntegerCode test = integer(condition);
        IntegerCode yes = integer(whenTrue);
        IntegerCode no = integer(whenFalse);
        yield v -> test.at(v) != 0 ? yes.at(v) : no.at(v);
      }
      case Cast(_, PrimExpr value) -> {
        if (value.dtype().isFloat()) {
          RealCode code = real(value);
          yield v -> Rounding.toInteger(dtype, code.at(v));
        }
        IntegerCode code = integer(value);
        yield v -> Rounding.wrap(dtype, code.at(v));
      }
      case Reinterpret(_, PrimExpr value) -> {
        IntegerCode bits = bits(value);
        yield v -> Bits.toInteger(dtype, bits.at(v));
      }
      case Intrinsic(IntrinsicOp op, List<PrimExpr> arguments) ->
          integerIntrinsic(op, dtype, arguments.getFirst());
      case Read _, Load _ -> elements.integer(expr, this);
      case FloatImm _ -> throw unexpected(expr);
    };
  }

  /** The bits of a value, in the low bits of a long. */
  private IntegerCode bits(PrimExpr value) {
    DType dtype = value.dtype();
    if (!dtype.isFloat()) {
      return integer(value);
    }
    RealCode code = real(value);
    return v -> Bits.of(dtype, code.at(v));
  }

  private static IntegerCode binary(BinaryOp op, DType dtype, IntegerCode a, IntegerCode b) {
    if (op == BinaryOp.AND) {
      return v -> a.at(v) != 0 ? b.at(v) : 0;
    }
    if (op == BinaryOp.OR) {
      return v -> a.at(v) != 0 ? 1 : b.at(v);
    }
    IntegerOperation operation = IntegerOperation.of(op, dtype);
    return v -> operation.apply(a.at(v), b.at(v));
  }

  private IntegerCode integerIntrinsic(IntrinsicOp op, DType dtype, PrimExpr argument) {
    if (argument.dtype().isFloat()) {
      RealCode code = real(argument);
      return op == IntrinsicOp.IS_NAN
          ? v -> Double.isNaN(code.at(v)) ? 1 : 0
          : v -> Double.isInfinite(code.at(v)) ? 1 : 0;
    }
    IntegerCode code = integer(argument);
    if (op == IntrinsicOp.SIGN) {
      return v -> Long.signum(code.at(v));
    }
    if (op == IntrinsicOp.ABS) {
      return v -> Rounding.wrap(dtype, Math.abs(code.at(v)));
    }
    throw new IllegalArgumentException(op.symbol() + " of " + argument.dtype());
  }

  private IntegerCode comparison(Compare compare) {
    DType dtype = compare.left().dtype();
    if (dtype.isFloat()) {
      RealCode a = real(compare.left());
      RealCode b = real(compare.right());
      return switch (compare.op()) {
        case EQUAL -> v -> a.at(v) == b.at(v) ? 1 : 0;
        case NOT_EQUAL -> v -> a.at(v) != b.at(v) ? 1 : 0;
        case LESS -> v -> a.at(v) < b.at(v) ? 1 : 0;
        case LESS_EQUAL -> v -> a.at(v) <= b.at(v) ? 1 : 0;
        case GREATER -> v -> a.at(v) > b.at(v) ? 1 : 0;
        case GREATER_EQUAL -> v -> a.at(v) >= b.at(v) ? 1 : 0;
      };
    }
    // Flipping the top bit maps the unsigned order to the signed one.
    long flip = dtype.kind() == DType.Kind.UINT && dtype.bits() == 64 ? Long.MIN_VALUE : 0;
    IntegerCode a = integer(compare.left());
    IntegerCode b = integer(compare.right());
    return switch (compare.op()) {
      case EQUAL -> v -> a.at(v) == b.at(v) ? 1 : 0;
      case NOT_EQUAL -> v -> a.at(v) != b.at(v) ? 1 : 0;
      case LESS -> v -> (a.at(v) ^ flip) < (b.at(v) ^ flip) ? 1 : 0;
      case LESS_EQUAL -> v -> (a.at(v) ^ flip) <= (b.at(v) ^ flip) ? 1 : 0;
      case GREATER -> v -> (a.at(v) ^ flip) > (b.at(v) ^ flip) ? 1 : 0;
      case GREATER_EQUAL -> v -> (a.at(v) ^ flip) >= (b.at(v) ^ flip) ? 1 : 0;
    };
  }

  private static IllegalArgumentException unexpected(PrimExpr expr) {
    return new IllegalArgumentException("not of this type: " + expr);
  }
}
