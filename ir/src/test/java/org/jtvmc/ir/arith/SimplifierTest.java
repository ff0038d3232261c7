package org.jtvmc.ir.arith;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.Test;

class SimplifierTest {
  private final PrimVar a = PrimVar.index("a");
  private final PrimVar b = PrimVar.index("b");
  private final PrimVar c = PrimVar.index("c");
  private final PrimVar f = PrimVar.index("f");
  private final Simplifier simplifier =
      new Simplifier(new VarRanges().with(a, 12).with(b, 12).with(c, 32).with(f, 1000));

  private void simplifies(String expected, PrimExpr expr) {
    assertEquals(expected, simplifier.simplify(expr).toString());
  }

  @Test
  void sumsAreCollected() {
    simplifies("((a * 5) - b)", a.times(2).plus(b).plus(a.times(3)).minus(b.times(2)));
    simplifies("(3 - a)", IntImm.of(3).minus(a));
    simplifies("7", a.plus(7).minus(a));
  }

  @Test
  void divisionOfTiledIndicesFolds() {
    PrimExpr flat = a.times(384).plus(b.times(32)).plus(c);
    simplifies("a", flat.floorDiv(384));
    simplifies("b", flat.floorMod(384).floorDiv(32));
    simplifies("c", flat.floorMod(32));
    simplifies("((a * 12) + b)", flat.floorDiv(32));
    simplifies("(a // 3)", a.times(8).plus(b.floorMod(8)).floorDiv(24));
  }

  @Test
  void negativeOffsetsDivideTowardsMinusInfinity() {
    simplifies("(a - 1)", a.times(32).plus(c).minus(32).floorDiv(32));
    simplifies("(((a + 1) // 2) - 1)", a.minus(1).floorDiv(2));
  }

  @Test
  void digitsOfAFusedLoopJoinAgain() {
    simplifies("f", f.floorDiv(7).times(7).plus(f.floorMod(7)));
    PrimExpr digits =
        f.floorDiv(35).times(35).plus(f.floorDiv(7).floorMod(5).times(7)).plus(f.floorMod(7));
    simplifies("f", digits);
    simplifies("(f // 35)", f.floorDiv(7).floorDiv(5));
    simplifies("((f // 2) % 3)", f.floorMod(6).floorDiv(2));
    simplifies("(f % 3)", f.floorMod(6).floorMod(3));
  }

  @Test
  void comparisonsThatRangesDecideFold() {
    simplifies("true", a.lessThan(12));
    simplifies("false", a.atLeast(12));
    simplifies("true", a.times(32).plus(c).lessThan(384));
    simplifies("(a >= 5)", a.times(32).plus(c).atLeast(160));
    simplifies("(a < 5)", a.times(32).plus(c).lessThan(160));
    simplifies("(((a * 32) + c) < 161)", a.times(32).plus(c).lessThan(161));
    simplifies("false", a.equalTo(IntImm.of(40)));
  }

  @Test
  void minimaAndSelectionsThatRangesDecideFold() {
    simplifies("a", a.min(IntImm.of(11)));
    simplifies("(a + 1)", a.plus(1).max(a));
    simplifies("1.0f", Select.of(a.lessThan(50), FloatImm.f32(1), FloatImm.f32(2)));
  }

  @Test
  void arithmeticThatMayOverflowOrRoundIsLeftAlone() {
    PrimVar i32 = new PrimVar("i", DType.I32);
    PrimExpr wraps = i32.plus(1).minus(i32);
    assertSame(wraps, simplifier.simplify(wraps));
    PrimVar x = new PrimVar("x", DType.F32);
    PrimExpr rounds = x.plus(FloatImm.f32(1)).minus(x);
    assertSame(rounds, simplifier.simplify(rounds));
  }

  /** Every simplified random expression has the value of the original, for all variables. */
  @Test
  void randomExpressionsKeepTheirValues() {
    long seed = Long.getLong("jtvmc.seed", 5);
    Random random = new Random(seed);
    for (int round = 0; round < 4000; round++) {
      PrimVar x = PrimVar.index("x");
      PrimVar y = PrimVar.index("y");
      long xs = 1L + random.nextInt(20);
      long ys = 1L + random.nextInt(20);
      Simplifier local = new Simplifier(new VarRanges().with(x, xs).with(y, ys));
      PrimExpr expr = expression(random, List.of(x, y), 5);
      PrimExpr condition =
          Compare.of(
              Compare.Op.values()[random.nextInt(6)], expr, expression(random, List.of(x, y), 3));
      PrimExpr simple = local.simplify(expr);
      PrimExpr simpleCondition = local.simplify(condition);
      Interval bounds = local.bounds(expr);
      for (long i = 0; i < xs; i++) {
        for (long j = 0; j < ys; j++) {
          List<Long> values = List.of(i, j);
          String place = "seed " + seed + ", round " + round + ": " + expr + " at " + values;
          long value = Evaluation.of(expr, List.of(x, y), values);
          assertEquals(value, Evaluation.of(simple, List.of(x, y), values), place);
          assertEquals(true, bounds.contains(value), place + " is not in " + bounds);
          assertEquals(
              Evaluation.of(condition, List.of(x, y), values),
              Evaluation.of(simpleCondition, List.of(x, y), values),
              place + ": " + condition);
        }
      }
      assertEquals(
          simple, local.simplify(simple), () -> "simplifying " + expr + " again changes it");
    }
  }

  private static PrimExpr expression(Random random, List<PrimVar> variables, int depth) {
    if (depth == 0 || random.nextInt(6) == 0) {
      return random.nextInt(4) == 0
          ? IntImm.of(random.nextInt(20) - 6)
          : variables.get(random.nextInt(variables.size()));
    }
    PrimExpr left = expression(random, variables, depth - 1);
    return switch (random.nextInt(9)) {
      case 0, 1 -> left.plus(expression(random, variables, depth - 1));
      case 2 -> left.minus(expression(random, variables, depth - 1));
      case 3, 4 -> left.times(random.nextInt(9) - 2);
      case 5 -> left.floorDiv(1 + random.nextInt(8));
      case 6 -> left.floorMod(1 + random.nextInt(8));
      case 7 ->
          Binary.of(
              random.nextBoolean() ? BinaryOp.MIN : BinaryOp.MAX,
              left,
              expression(random, variables, depth - 1));
      default -> {
        List<PrimExpr> sides = new ArrayList<>(List.of(left, variables.getFirst()));
        yield Select.of(
            sides.get(0).lessThan(sides.get(1)), left, expression(random, variables, depth - 1));
      }
    };
  }
}
