package org.jtvmc.ir.interpret;

import java.util.function.DoubleUnaryOperator;
import org.jtvmc.ir.expr.IntrinsicOp;

/** The intrinsic functions of one real number, in double precision. */
final class RealFunctions {

  private RealFunctions() {}

  static DoubleUnaryOperator of(IntrinsicOp op) {
    return switch (op) {
      case EXP -> Math::exp;
      case EXP2 -> x -> Math.pow(2, x);
      case EXPM1 -> Math::expm1;
      case LOG -> Math::log;
      case LOG1P -> Math::log1p;
      case LOG2 -> x -> Math.log(x) / Math.log(2);
      case SQRT -> Math::sqrt;
      case RSQRT -> x -> 1 / Math.sqrt(x);
      case TANH -> Math::tanh;
      case SIGMOID -> x -> 1 / (1 + Math.exp(-x));
      case ERF -> RealFunctions::erf;
      case SIN -> Math::sin;
      case COS -> Math::cos;
      case TAN -> Math::tan;
      case ASIN -> Math::asin;
      case ACOS -> Math::acos;
      case ATAN -> Math::atan;
      case SINH -> Math::sinh;
      case COSH -> Math::cosh;
      case ASINH -> RealFunctions::asinh;
      case ACOSH -> x -> Math.log(x + Math.sqrt(x * x - 1));
      case ATANH -> x -> 0.5 * (Math.log1p(x) - Math.log1p(-x));
      case FLOOR -> Math::floor;
      case CEIL -> Math::ceil;
      case ROUND -> Math::rint;
      case TRUNC -> x -> x < 0 ? Math.ceil(x) : Math.floor(x);
      case ABS -> Math::abs;
      case SIGN -> Math::signum;
      case POW, IS_NAN, IS_INF, FMA ->
          throw new IllegalArgumentException(op + " is no function of one real to another");
    };
  }

  private static double asinh(double x) {
    double a = Math.abs(x);
    return Math.copySign(Math.log1p(a + a * a / (1 + Math.sqrt(a * a + 1))), x);
  }

  /**
   * The error function: its Taylor series near 0, the continued fraction of its complement further
   * out (Abramowitz and Stegun, 7.1.5 and 7.1.14).
   */
  static double erf(double x) {
    double a = Math.abs(x);
    if (!(a < 6)) {
      return Double.isNaN(x) ? x : Math.signum(x);
    }
    if (a < 2.5) {
      double term = a;
      double sum = a;
      for (int n = 1; Math.abs(term) > 1e-18 * sum; n++) {
        term *= -a * a / n;
        sum += term / (2 * n + 1);
      }
      return Math.copySign(2 / Math.sqrt(Math.PI) * sum, x);
    }
    double fraction = 0;
    for (int n = 60; n >= 1; n--) {
      fraction = n / 2.0 / (a + fraction);
    }
    double complement = Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction);
    return Math.copySign(1 - complement, x);
  }
}
