package org.jtvmc.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.Test;

class IntrinsicCountTest {

  @Test
  void eachElementOfEachStageCountsItsCalls() {
    Tensor x = Tensor.placeholder("x", DType.F32, 8, 16);
    Tensor once = Tensor.compute("once", x.shape(), i -> Intrinsic.of(IntrinsicOp.EXP, x.at(i)));
    Tensor both =
        Tensor.compute(
            "both",
            Tensor.sizes(8),
            i -> {
              var row = List.of(i.get(0), i.get(0));
              return Intrinsic.of(IntrinsicOp.EXP, once.at(row))
                  .plus(Intrinsic.of(IntrinsicOp.LOG, once.at(row)));
            });
    ComputeDag dag = ComputeDag.of(List.of(both));
    assertEquals(8 * 16 + 8, IntrinsicCount.of(dag, IntrinsicOp.EXP));
    assertEquals(8, IntrinsicCount.of(dag, IntrinsicOp.LOG));
  }
}
