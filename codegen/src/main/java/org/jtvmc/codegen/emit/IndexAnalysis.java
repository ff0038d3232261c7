package org.jtvmc.codegen.emit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.codegen.emit.Affine.Atom;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.type.DType;

/** Index expressions as {@link Affine} values under the bindings of an {@link Environment}. */
final class IndexAnalysis {
  private final Environment environment;

  IndexAnalysis(Environment environment) {
    this.environment = environment;
  }

  /** The position, in elements, of {@code buffer[indices]}. */
  Affine offset(Buffer buffer, List<PrimExpr> indices) {
    if (buffer.isSwizzled()) {
      return SwizzledPlace.of(buffer, indices, this).offset(this);
    }
    Affine sum = Affine.of(0);
    for (int axis = 0; axis < indices.size(); axis++) {
      Affine index = affine(indices.get(axis));
      PrimExpr stride = buffer.strides().get(axis);
      if (stride instanceof IntImm imm) {
        sum = sum.plus(index.times(imm.value()));
      } else {
        sum = sum.plus(product(indices.get(axis), index, stride, affine(stride)));
      }
    }
    return sum;
  }

  /** An {@code int64} expression. */
  Affine affine(PrimExpr expr) {
    return switch (expr) {
      case IntImm imm -> Affine.of(imm.value());
      case PrimVar variable -> variable(variable);
      case Binary binary -> binary(binary);
      case FloatImm _,
          Compare _,
          Not _,
          Select _,
          Cast _,
          Reinterpret _,
          Intrinsic _,
          Read _,
          Load _ ->
          opaque(expr);
    };
  }

  /** The truth of a condition where it is plain at this place. */
  Optional<Boolean> known(PrimExpr condition) {
    return switch (condition) {
      case IntImm imm -> Optional.of(imm.value() != 0);
      case Not(PrimExpr operand) -> known(operand).map(truth -> !truth);
      case Compare compare when isIndex(compare.left()) -> comparison(compare);
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right)
          when op == BinaryOp.AND || op == BinaryOp.OR -> {
        boolean decisive = op == BinaryOp.OR;
        Optional<Boolean> a = known(left);
        Optional<Boolean> b = known(right);
        if (a.equals(Optional.of(decisive)) || b.equals(Optional.of(decisive))) {
          yield Optional.of(decisive);
        }
        yield a.isPresent() && b.isPresent() ? Optional.of(!decisive) : Optional.empty();
      }
      case FloatImm _,
          PrimVar _,
          Binary _,
          Compare _,
          Select _,
          Cast _,
          Reinterpret _,
          Intrinsic _,
          Read _,
          Load _ ->
          Optional.empty();
    };
  }

  /** True where lanes of the loop being emitted may see different values of {@code expr}. */
  boolean varies(PrimExpr expr) {
    if (environment.lanes() == 1) {
      return false;
    }
    if (expr instanceof PrimVar variable) {
      Affine value = variable(variable);
      return value.lane() != 0 || value.isVarying();
    }
    for (PrimExpr child : PrimExprs.children(expr)) {
      if (varies(child)) {
        return true;
      }
    }
    return false;
  }

  Range range(Affine value) {
    Range range = Range.of(value.constant());
    if (value.lane() != 0) {
      range = range.plus(new Range(0, environment.lanes() - 1).times(value.lane()));
    }
    for (Map.Entry<Atom, Long> term : value.terms().entrySet()) {
      range = range.plus(range(term.getKey()).times(term.getValue()));
    }
    return range;
  }

  static boolean isIndex(PrimExpr expr) {
    return expr.dtype().equals(DType.I64);
  }

  private Range range(Atom atom) {
    return switch (atom) {
      case Atom.Variable(PrimVar variable) ->
          environment.get(variable) instanceof Environment.Binding.Scalar scalar
              ? scalar.range()
              : Range.ALL;
      case Atom.Quotient(Affine numerator, long divisor) -> range(numerator).floorDiv(divisor);
      case Atom.Modulus(_, long divisor) -> new Range(0, divisor - 1);
      case Atom.Exclusive(Affine left, Affine right) -> {
        long most = Math.max(range(left).high(), range(right).high());
        yield most > Integer.MAX_VALUE
            ? Range.ALL
            : new Range(0, 2 * Long.highestOneBit(Math.max(1, most)) - 1);
      }
      case Atom.Opaque _ -> Range.ALL;
    };
  }

  private Affine variable(PrimVar variable) {
    return switch (environment.get(variable)) {
      case Environment.Binding.Alias(Affine meaning) -> meaning;
      case Environment.Binding.Scalar _ -> Affine.of(new Atom.Variable(variable));
      case null -> throw new IllegalStateException("variable " + variable + " is not bound here");
    };
  }

  private Affine binary(Binary binary) {
    PrimExpr left = binary.left();
    PrimExpr right = binary.right();
    return switch (binary.op()) {
      case ADD -> affine(left).plus(affine(right));
      case SUBTRACT -> affine(left).minus(affine(right));
      case MULTIPLY -> product(left, affine(left), right, affine(right));
      case FLOOR_DIVIDE -> {
        Affine divisor = affine(right);
        yield divisor.isConstant() && divisor.constant() > 0
            ? quotient(affine(left), divisor.constant())
            : opaque(binary);
      }
      case FLOOR_MODULO -> {
        Affine divisor = affine(right);
        yield divisor.isConstant() && divisor.constant() > 0
            ? modulus(affine(left), divisor.constant())
            : opaque(binary);
      }
      case DIVIDE, REMAINDER -> {
        Affine divisor = affine(right);
        Affine dividend = affine(left);
        if (!divisor.isConstant() || divisor.constant() <= 0 || range(dividend).low() < 0) {
          yield opaque(binary);
        }
        yield binary.op() == BinaryOp.DIVIDE
            ? quotient(dividend, divisor.constant())
            : modulus(dividend, divisor.constant());
      }
      case MIN, MAX -> {
        Affine a = affine(left);
        Affine b = affine(right);
        Range difference = range(a.minus(b));
        boolean min = binary.op() == BinaryOp.MIN;
        if (difference.high() <= 0) {
          yield min ? a : b;
        }
        yield difference.low() >= 0 ? (min ? b : a) : opaque(binary);
      }
      case AND, OR, BIT_AND, BIT_OR, BIT_XOR, SHIFT_LEFT, SHIFT_RIGHT -> opaque(binary);
    };
  }

  private Affine product(PrimExpr left, Affine a, PrimExpr right, Affine b) {
    if (a.isConstant()) {
      return b.times(a.constant());
    }
    return b.isConstant()
        ? a.times(b.constant())
        : opaque(new Binary(BinaryOp.MULTIPLY, left, right));
  }

  private Affine opaque(PrimExpr expr) {
    return Affine.of(new Atom.Opaque(expr, varies(expr)));
  }

  /**
   * {@code floor((whole + rest) / divisor)} where {@code whole} is a multiple of some {@code g}
   * that divides the divisor, and {@code 0 <= rest < g}: the rest plays no part. With {@code g} the
   * divisor itself, {@code whole / divisor} is exact.
   */
  Affine quotient(Affine value, long divisor) {
    if (divisor == 1) {
      return value;
    }
    Split split = split(value, divisor);
    Affine exact = split.multiple;
    Affine remaining = split.other;
    if (!range(remaining).within(0, divisor - 1)) {
      Affine reduced = dropSmallPart(remaining, divisor);
      return exact.plus(
          reduced.isConstant()
              ? Affine.of(Math.floorDiv(reduced.constant(), divisor))
              : Affine.of(new Atom.Quotient(reduced, divisor)));
    }
    return exact;
  }

  Affine modulus(Affine value, long divisor) {
    if (divisor == 1) {
      return Affine.of(0);
    }
    Affine remaining = split(value, divisor).other;
    if (range(remaining).within(0, divisor - 1)) {
      return remaining;
    }
    Affine reduced = dropSmallPart(remaining, divisor);
    Affine rest = remaining.minus(reduced);
    return rest.plus(
        reduced.isConstant()
            ? Affine.of(Math.floorMod(reduced.constant(), divisor))
            : Affine.of(new Atom.Modulus(reduced, divisor)));
  }

  private record Split(Affine multiple, Affine other) {}

  /** The value as {@code multiple * divisor + other}. */
  private static Split split(Affine value, long divisor) {
    Map<Atom, Long> multiple = new LinkedHashMap<>();
    Map<Atom, Long> other = new LinkedHashMap<>();
    value
        .terms()
        .forEach(
            (atom, c) -> {
              if (c % divisor == 0) {
                multiple.put(atom, c / divisor);
              } else {
                other.put(atom, c);
              }
            });
    boolean laneDivides = value.lane() % divisor == 0;
    return new Split(
        new Affine(
            Math.floorDiv(value.constant(), divisor),
            laneDivides ? value.lane() / divisor : 0,
            multiple),
        new Affine(
            Math.floorMod(value.constant(), divisor), laneDivides ? 0 : value.lane(), other));
  }

  /** {@code value} without a part too small to reach the next multiple of what its terms share. */
  private Affine dropSmallPart(Affine value, long divisor) {
    long shared = divisor;
    for (long coefficient : value.terms().values()) {
      shared = gcd(shared, coefficient);
    }
    Affine rest = new Affine(Math.floorMod(value.constant(), shared), value.lane(), Map.of());
    if (range(rest).within(0, shared - 1)) {
      return value.minus(rest);
    }
    return value.plus(-Math.floorMod(value.constant(), gcd(shared, value.lane())));
  }

  private static long gcd(long a, long b) {
    long x = Math.abs(a);
    long y = Math.abs(b);
    while (y != 0) {
      long t = x % y;
      x = y;
      y = t;
    }
    return x;
  }

  private Optional<Boolean> comparison(Compare compare) {
    Range difference = range(affine(compare.left()).minus(affine(compare.right())));
    long low = difference.low();
    long high = difference.high();
    return switch (compare.op()) {
      case LESS -> decide(high < 0, low >= 0);
      case LESS_EQUAL -> decide(high <= 0, low > 0);
      case GREATER -> decide(low > 0, high <= 0);
      case GREATER_EQUAL -> decide(low >= 0, high < 0);
      case EQUAL -> decide(low == 0 && high == 0, low > 0 || high < 0);
      case NOT_EQUAL -> decide(low > 0 || high < 0, low == 0 && high == 0);
    };
  }

  private static Optional<Boolean> decide(boolean yes, boolean no) {
    return yes ? Optional.of(true) : no ? Optional.of(false) : Optional.empty();
  }
}
