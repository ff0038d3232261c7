package org.jtvmc.codegen.kernel;

import static org.jtvmc.codegen.kernel.Loops.global;
import static org.jtvmc.codegen.kernel.Loops.load;
import static org.jtvmc.codegen.kernel.Loops.serial;
import static org.jtvmc.codegen.kernel.Loops.store;
import static org.jtvmc.codegen.kernel.Loops.var;
import static org.jtvmc.codegen.kernel.Loops.vectorized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The stated errors of the vector mathematics, over all binades, and the special values. Units in
 * the last place of the exact result; the reference is Java's, in float64.
 */
class MathAccuracyTest {
  private static final int VALUES = 1 << 15;
  private static final long SEED = 20261122;

  private static KernelFixture fixture;
  private static KernelFixture narrow;

  @BeforeAll
  static void open() {
    fixture = new KernelFixture();
    narrow = new KernelFixture(KernelFixture.withoutAvx512());
  }

  @AfterAll
  static void close() {
    fixture.close();
    narrow.close();
  }

  /**
   * A function and the errors it may have.
   *
   * @param limit the largest magnitude of an argument
   */
  record Case(
      IntrinsicOp op, DoubleUnaryOperator exact, double ulpF32, double ulpF64, double limit) {
    Case(IntrinsicOp op, DoubleUnaryOperator exact, double ulpF32, double ulpF64) {
      this(op, exact, ulpF32, ulpF64, Double.POSITIVE_INFINITY);
    }

    @Override
    public String toString() {
      return op.symbol();
    }
  }

  static Stream<Case> functions() {
    return Stream.of(
        new Case(IntrinsicOp.EXP, StrictMath::exp, 1, 2),
        new Case(IntrinsicOp.EXP2, x -> StrictMath.pow(2, x), 1, 2),
        new Case(IntrinsicOp.EXPM1, StrictMath::expm1, 2, 3),
        new Case(IntrinsicOp.LOG, StrictMath::log, 1, 2),
        new Case(IntrinsicOp.LOG1P, StrictMath::log1p, 2, 2),
        new Case(IntrinsicOp.LOG2, MathAccuracyTest::log2, 1.5, 3),
        new Case(IntrinsicOp.SQRT, StrictMath::sqrt, 0.5, 0),
        new Case(IntrinsicOp.RSQRT, x -> 1 / StrictMath.sqrt(x), 1.5, 0),
        new Case(IntrinsicOp.TANH, StrictMath::tanh, 2, 3),
        new Case(IntrinsicOp.SIGMOID, MathAccuracyTest::sigmoid, 2.5, 3),
        new Case(IntrinsicOp.ERF, MathAccuracyTest::erf, 2.5, 60),
        new Case(IntrinsicOp.SIN, StrictMath::sin, 0.51, 2, 1e6),
        new Case(IntrinsicOp.COS, StrictMath::cos, 0.51, 2, 1e6),
        new Case(IntrinsicOp.TAN, StrictMath::tan, 0.51, 4, 1e6),
        new Case(IntrinsicOp.ASIN, StrictMath::asin, 0.51, 4),
        new Case(IntrinsicOp.ACOS, StrictMath::acos, 0.51, 4),
        new Case(IntrinsicOp.ATAN, StrictMath::atan, 0.51, 3),
        new Case(IntrinsicOp.SINH, StrictMath::sinh, 0.51, 4),
        new Case(IntrinsicOp.COSH, StrictMath::cosh, 0.51, 4),
        new Case(IntrinsicOp.FLOOR, StrictMath::floor, 0, 0),
        new Case(IntrinsicOp.CEIL, StrictMath::ceil, 0, 0),
        new Case(IntrinsicOp.ROUND, StrictMath::rint, 0, 0),
        new Case(IntrinsicOp.ABS, StrictMath::abs, 0, 0),
        new Case(IntrinsicOp.SIGN, StrictMath::signum, 0, 0));
  }

  @ParameterizedTest
  @MethodSource("functions")
  void float32IsAsExactAsStated(Case function) {
    NDArray x = NDArray.allocate(TensorType.of(DType.F32, VALUES));
    SplittableRandom random = new SplittableRandom(SEED);
    for (int pass = 0; pass < 4; pass++) {
      long step = (1L << 32) / VALUES;
      for (int i = 0; i < VALUES; i++) {
        // Every binade of either sign, then the range where most functions bend.
        double value =
            pass < 3
                ? Float.intBitsToFloat((int) (i * step + random.nextLong(step)))
                : (float) (random.nextDouble() * 40 - 20);
        x.setDouble(i, within(function, value));
      }
      special(x, function);
      verify(fixture, function, x);
      if (pass == 0) {
        verify(narrow, function, x);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("functions")
  void float64IsAsExactAsStated(Case function) {
    NDArray x = NDArray.allocate(TensorType.of(DType.F64, VALUES));
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < VALUES; i++) {
      double value =
          i % 2 == 0
              ? Double.longBitsToDouble(random.nextLong())
              : random.nextGaussian() * StrictMath.pow(10, random.nextInt(6) - 3);
      x.setDouble(i, within(function, value));
    }
    special(x, function);
    verify(fixture, function, x);
    verify(narrow, function, x);
  }

  /** What GELU subtracts from is then nothing, however large the number it multiplies with. */
  @Test
  void errorFunctionIsOneFarFromZero() {
    NDArray x = NDArray.allocate(TensorType.of(DType.F32, 32));
    for (int i = 0; i < 32; i++) {
      x.setDouble(i, (i % 2 == 0 ? 1 : -1) * (4 + i * i * i));
    }
    for (KernelFixture each : List.of(fixture, narrow)) {
      NDArray y = apply(each, IntrinsicOp.ERF, List.of(x));
      for (int i = 0; i < 32; i++) {
        assertEquals(Math.signum(x.getDouble(i)), y.getDouble(i));
      }
    }
  }

  private static double within(Case function, double value) {
    return Math.abs(value) > function.limit() ? value % 1000 : value;
  }

  private static void special(NDArray x, Case function) {
    double[] values = {
      0.0,
      -0.0,
      1,
      -1,
      Double.NaN,
      0.5,
      -0.5,
      2,
      100,
      -100,
      x.dtype().bits() == 64 ? 4.9e-324 : 1.4e-45
    };
    for (int i = 0; i < values.length; i++) {
      x.setDouble(i, values[i]);
    }
    if (Double.isInfinite(function.limit())) {
      x.setDouble(values.length, Double.POSITIVE_INFINITY);
      x.setDouble(values.length + 1, Double.NEGATIVE_INFINITY);
    }
  }

  private static void verify(KernelFixture fixture, Case function, NDArray x) {
    DType dtype = x.dtype();
    boolean single = dtype.equals(DType.F32);
    NDArray y = apply(fixture, function.op(), List.of(x));
    double allowed = single ? function.ulpF32() : function.ulpF64();
    for (int i = 0; i < VALUES; i++) {
      double argument = x.getDouble(i);
      double exact = function.exact().applyAsDouble(argument);
      double actual = y.getDouble(i);
      double rounded = single ? (float) exact : exact;
      if (Double.isNaN(rounded) || Double.isInfinite(rounded) || rounded == 0) {
        // Just below overflow the result may be infinity, or the largest number beyond it.
        boolean edge = Double.isInfinite(rounded) && Math.abs(actual) >= Float.MAX_VALUE;
        String what = "%s(%s)".formatted(function, argument);
        if (!edge && !(rounded == 0 && Math.abs(actual) <= 2 * Float.MIN_VALUE && actual != 0)) {
          assertEquals(rounded, actual, what);
        }
      } else {
        double ulp = single ? Math.ulp((float) exact) : Math.ulp(exact);
        double error = Math.abs(actual - exact) / ulp;
        assertTrue(
            error <= allowed + 1e-3,
            () ->
                "%s(%s) is %s, not %s: %.2f ulp"
                    .formatted(function, argument, actual, exact, error));
      }
    }
  }

  private static NDArray apply(KernelFixture fixture, IntrinsicOp op, List<NDArray> arguments) {
    DType dtype = arguments.getFirst().dtype();
    long count = arguments.getFirst().elements();
    PrimVar o = var("o");
    PrimVar i = var("i");
    PrimExpr at = o.times(16).plus(i);
    List<Buffer> inputs = arguments.stream().map(_ -> global("x", dtype, count)).toList();
    Buffer y = global("y", dtype, count);
    PrimExpr value = new Intrinsic(op, inputs.stream().map(input -> load(input, at)).toList());
    PrimFunc function =
        new PrimFunc(
            "function",
            inputs,
            List.of(y),
            serial(o, count / 16, vectorized(i, 16, store(y, value, at))));
    return fixture.run(function, arguments).getFirst();
  }

  @Test
  void powersAreExactInFloat32AndKeepTheirSpecialCases() {
    DoubleBinaryOperator exact = StrictMath::pow;
    double[] specials = {
      0.0, -0.0, 1, -1, 2, -2, 3, 0.5, -0.5, -3, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
    };
    NDArray x = NDArray.allocate(TensorType.of(DType.F32, VALUES));
    NDArray y = NDArray.allocate(TensorType.of(DType.F32, VALUES));
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < VALUES; i++) {
      boolean special = i < specials.length * specials.length;
      x.setDouble(i, special ? specials[i % specials.length] : random.nextDouble() * 10);
      y.setDouble(i, special ? specials[i / specials.length] : random.nextDouble() * 20 - 10);
    }
    NDArray z = apply(fixture, IntrinsicOp.POW, List.of(x, y));
    for (int i = 0; i < VALUES; i++) {
      double want = exact.applyAsDouble(x.getDouble(i), y.getDouble(i));
      // IEEE 754 has 1 where Java has NaN: one or minus one to an infinite power.
      if (Math.abs(x.getDouble(i)) == 1 && Double.isInfinite(y.getDouble(i))) {
        want = 1;
      }
      String what = "pow(%s, %s)".formatted(x.getDouble(i), y.getDouble(i));
      double tolerance = Math.abs(want) < Float.MAX_VALUE ? Math.ulp((float) want) * 0.51 : 0;
      assertEquals((float) want, z.getDouble(i), tolerance, what);
    }
  }

  @Test
  void inverseHyperbolicFunctionsInvert() {
    NDArray x = NDArray.allocate(TensorType.of(DType.F64, VALUES));
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < VALUES; i++) {
      x.setDouble(i, random.nextDouble() * 4 + 1e-3);
    }
    NDArray sinh = apply(fixture, IntrinsicOp.ASINH, List.of(map(x, StrictMath::sinh)));
    NDArray cosh = apply(fixture, IntrinsicOp.ACOSH, List.of(map(x, StrictMath::cosh)));
    NDArray tanh = apply(fixture, IntrinsicOp.ATANH, List.of(map(x, StrictMath::tanh)));
    for (int i = 0; i < VALUES; i++) {
      double want = x.getDouble(i);
      // What the argument's own rounding does to the result.
      double curve = Math.ulp(1.0) * StrictMath.cosh(want) * StrictMath.cosh(want);
      assertEquals(want, sinh.getDouble(i), 4 * Math.ulp(want));
      assertEquals(want, cosh.getDouble(i), 4 * Math.ulp(want) + 2 * Math.ulp(1.0) / want);
      assertEquals(want, tanh.getDouble(i), 4 * Math.ulp(want) + curve);
    }
  }

  @Test
  void theErrorFunctionHasItsTabulatedValues() {
    double[][] table = {
      {0.1, 0.1124629160182849},
      {0.5, 0.5204998778130465},
      {1, 0.8427007929497149},
      {1.5, 0.9661051464753107},
      {2, 0.9953222650189527},
      {3, 0.9999779095030014}
    };
    NDArray x = NDArray.allocate(TensorType.of(DType.F64, 16));
    for (int i = 0; i < table.length; i++) {
      x.setDouble(i, table[i][0]);
    }
    NDArray y = apply(fixture, IntrinsicOp.ERF, List.of(x));
    for (int i = 0; i < table.length; i++) {
      assertEquals(table[i][1], y.getDouble(i), 8 * Math.ulp(table[i][1]));
    }
  }

  private static NDArray map(NDArray x, DoubleUnaryOperator function) {
    NDArray y = NDArray.allocate(x.type());
    for (long i = 0; i < x.elements(); i++) {
      y.setDouble(i, function.applyAsDouble(x.getDouble(i)));
    }
    return y;
  }

  private static double log2(double x) {
    if (!(x > 0) || Double.isInfinite(x)) {
      return StrictMath.log(x);
    }
    boolean denormal = x < Double.MIN_NORMAL;
    double normal = denormal ? x * 0x1p60 : x;
    int exponent = Math.getExponent(normal);
    double mantissa = Math.scalb(normal, -exponent);
    exponent -= denormal ? 60 : 0;
    if (mantissa > 1.4) {
      mantissa /= 2;
      exponent++;
    }
    return exponent + StrictMath.log1p(mantissa - 1) * 1.4426950408889634;
  }

  private static double sigmoid(double x) {
    double e = StrictMath.exp(-Math.abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  }

  /** A series of positive terms: each rounding adds to its error, but none is lost. */
  private static double erf(double x) {
    if (Double.isNaN(x) || Math.abs(x) > 6) {
      return Math.signum(x);
    }
    double square = x * x;
    double lost = Math.fma(x, x, -square);
    double sum = 1;
    for (int n = 200; n >= 1; n--) {
      sum = 1 + sum * 2 * square / (2 * n + 1);
    }
    return 2 * x / StrictMath.sqrt(Math.PI) * StrictMath.exp(-square) * (1 - lost) * sum;
  }
}
