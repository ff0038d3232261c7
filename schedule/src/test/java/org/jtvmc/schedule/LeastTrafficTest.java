package org.jtvmc.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.Test;

class LeastTrafficTest {

  @Test
  void inputsAndOutputsCountOnce() {
    Tensor x = Tensor.placeholder("x", DType.F32, 8, 16);
    Tensor twice = Tensor.compute("twice", x.shape(), i -> x.at(i).plus(x.at(i)));
    assertEquals(2 * 8 * 16 * 4, LeastTraffic.bytes(ComputeDag.of(List.of(twice))));
  }

  /** Of a table of 30,000 rows a lookup of three reads three. */
  @Test
  void ofATableCountsWhatIsLookedUp() {
    Tensor table = Tensor.placeholder("table", DType.F32, 30_000, 64);
    Tensor ids = Tensor.placeholder("ids", DType.I64, 3);
    Tensor rows =
        Tensor.compute("rows", Tensor.sizes(3, 64), i -> table.at(ids.at(i.get(0)), i.get(1)));
    ComputeDag dag = ComputeDag.of(List.of(rows));
    assertEquals(3 * 64 * 4, LeastTraffic.readAtMost(dag, table));
    assertEquals(3 * 64 * 4 + 3 * 8 + 3 * 64 * 4, LeastTraffic.bytes(dag));
  }
}
