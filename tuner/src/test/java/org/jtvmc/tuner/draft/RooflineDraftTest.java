package org.jtvmc.tuner.draft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.TreeSet;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.junit.jupiter.api.Test;

/** What the draft says of one tile of a sum over a window of three rows, in cycles by hand. */
class RooflineDraftTest {
  /** One core, vectors of eight lanes. */
  private static final CpuTarget CPU =
      new CpuTarget(
          "x86_64-unknown-linux-gnu",
          "x86-64-v3",
          new TreeSet<>(List.of("avx", "avx2", "fma")),
          1,
          CpuTarget.Caches.TYPICAL);

  private static final int ROWS = 8;
  private static final int LANES = 8;

  private final PrimVar step = PrimVar.index("step");
  private final PrimVar row = PrimVar.index("row");
  private final PrimVar lane = PrimVar.index("lane");
  private final Buffer data = Buffer.dense("data", DType.F32, Tensor.sizes(16, 8), Scope.GLOBAL);
  private final Buffer sums = Buffer.dense("sums", DType.F32, Tensor.sizes(8, 8), Scope.GLOBAL);

  /** {@code sums[row, lane] += value}, a window of three rows and the tile unrolled. */
  private StatementCost cost(PrimExpr value) {
    PrimExpr sum = new Load(sums, List.of(row, lane)).plus(value);
    Stmt store = new Stmt.Store(sums, List.of(row, lane), sum);
    Stmt lanes = loop(lane, LANES, ForKind.VECTORIZED, store);
    Stmt body = loop(step, 3, ForKind.UNROLLED, loop(row, ROWS, ForKind.UNROLLED, lanes));
    LoopAnalysis loops = LoopAnalysis.of(new PrimFunc("f", List.of(data), List.of(sums), body));
    return new RooflineDraft(CPU).costs(loops).getFirst();
  }

  private static Stmt loop(PrimVar var, long extent, ForKind kind, Stmt body) {
    return new Stmt.For(var, IntImm.of(0), IntImm.of(extent), kind, body);
  }

  /** Eight rows read ten rows of data, and not 24; two loads a cycle. */
  @Test
  void rowsOfATileShareWhatTheirWindowsRead() {
    StatementCost cost = cost(new Load(data, List.of(row.plus(step), lane)));
    assertEquals(10 / 2.0, cost.issued().moves(), 1e-9);
    assertEquals(3 * ROWS / 2.0, cost.issued().work(), 1e-9);
  }

  /** Rows two apart read 3 + 2 * 7 rows. */
  @Test
  void windowsThatMoveByTwoShareLess() {
    PrimExpr at = row.times(IntImm.of(2)).plus(step);
    assertEquals(17 / 2.0, cost(new Load(data, List.of(at, lane))).issued().moves(), 1e-9);
  }

  /** Windows that do not meet share nothing. */
  @Test
  void windowsThatDoNotMeetShareNothing() {
    PrimExpr at = row.times(IntImm.of(3)).plus(step);
    assertEquals(24 / 2.0, cost(new Load(data, List.of(at, lane))).issued().moves(), 1e-9);
  }

  /** What lies outside is masked: the condition of padding is no arithmetic on vectors. */
  @Test
  void padding() {
    PrimExpr inside = new Load(data, List.of(row.plus(step), lane));
    PrimExpr padded = new Select(row.plus(step).lessThan(IntImm.of(9)), inside, FloatImm.f32(0));
    assertEquals(cost(inside), cost(padded));
  }

  /** A choice by a value takes a comparison and a move. */
  @Test
  void aChoiceByAValueIsArithmetic() {
    PrimExpr read = new Load(data, List.of(row.plus(step), lane));
    PrimExpr positive = new Select(read.lessThan(FloatImm.f32(0)), FloatImm.f32(0), read);
    assertEquals(3 * 3 * ROWS / 2.0 / 2, cost(positive).issued().work(), 1e-9);
  }
}
