package org.jtvmc.tuner.feature;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.tuner.feature.OperationCounts.Kind;
import org.junit.jupiter.api.Test;

class OperationCountsTest {
  private static final int DEPTH = 10;

  private final PrimExpr element =
      new Load(Buffer.dense("a", DType.F32, Tensor.sizes(1), Scope.GLOBAL), List.of(IntImm.of(0)));

  /** Each value stands twice in the next one, so that the last has 2^10 - 1 sums in 10 objects. */
  @Test
  void whatStandsInSeveralPlacesCountsInEach() {
    PrimExpr sums = element;
    for (int i = 0; i < DEPTH; i++) {
      sums = sums.plus(sums);
    }
    OperationCounts counts = new OperationCounts(true);
    counts.countShared(PrimExprs.parentsFirst(sums));
    assertEquals((1 << DEPTH) - 1, counts.of(Kind.FLOAT_ADD));
    assertEquals((1 << DEPTH) - 1, counts.flops());
  }

  @Test
  void objectsAndPlacesGiveTheSameCounts() {
    PrimExpr value = element;
    for (int i = 0; i < DEPTH; i++) {
      value = value.times(FloatImm.f32(3)).plus(value.plus(FloatImm.f32(1)));
    }
    OperationCounts shared = new OperationCounts(false);
    shared.countShared(PrimExprs.parentsFirst(value));
    OperationCounts places = new OperationCounts(false);
    places.count(value);
    for (Kind kind : Kind.values()) {
      assertEquals(places.of(kind), shared.of(kind), kind.toString());
    }
    assertEquals((1 << DEPTH) - 1, shared.of(Kind.FLOAT_MULTIPLY_ADD));
  }
}
