package org.jtvmc.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.Test;

class ComputeDagTest {

  private static Tensor dense(String prefix, long columns) {
    Tensor x = Tensor.placeholder(prefix + "x", DType.F32, 8, 16);
    Tensor w = Tensor.placeholder(prefix + "w", DType.F32, true, Tensor.sizes(16, columns));
    Tensor product =
        Tensor.reduce(
            prefix + "dense",
            Reducer.SUM,
            Tensor.sizes(8, columns),
            Tensor.sizes(16),
            (i, r) -> x.at(i.get(0), r.get(0)).times(w.at(r.get(0), i.get(1))));
    return Tensor.compute(
        prefix + "relu", product.shape(), i -> product.at(i).max(IntImm.of(DType.F32, 0)));
  }

  @Test
  void canonicalTextNumbersTensorsAndAxes() {
    assertEquals(
        """
        p0 = input float32 [int64:8 int64:16]
        p1 = constant float32 [int64:16 int64:4]
        t2 = float32 [int64:8 int64:4] sum [int64:16] (* (p0 a0 r0) (p1 r0 a1))
        t3 = float32 [int64:8 int64:4] (max (t2 a0 a1) float32:0x0.0p0)
        return t3
        """,
        ComputeDag.of(List.of(dense("", 4))).canonicalText());
  }

  /** The number is part of the records' format: a change makes every record unreadable. */
  @Test
  void hashDependsOnTheComputationAndNotOnNames() {
    String hash = ComputeDag.of(List.of(dense("", 4))).workloadHash();
    assertEquals("dee59ee20cfa49bb00fc0d8104cbb8d5307b83aff25c2a2bead5e6f05b0b5ccb", hash);
    assertEquals(hash, ComputeDag.of(List.of(dense("other_", 4))).workloadHash());
    assertNotEquals(hash, ComputeDag.of(List.of(dense("", 5))).workloadHash());
  }

  @Test
  void multiplyAddIsTwoOperations() {
    assertEquals(8 * 4 * 16 * 2 + 8 * 4, ComputeDag.of(List.of(dense("", 4))).flops());
  }

  @Test
  void equalNamesAreToldApartByNumber() {
    Tensor x = Tensor.placeholder("x", DType.F32, 4);
    Tensor once = Tensor.compute("x", x.shape(), i -> x.at(i).plus(x.at(i)));
    Tensor twice = Tensor.compute("x", x.shape(), i -> once.at(i).plus(x.at(i)));
    ComputeDag dag = ComputeDag.of(List.of(twice));
    assertEquals("x", dag.id(x));
    assertEquals(List.of("x#2", "x#3"), dag.stages().stream().map(Stage::id).toList());
    assertEquals(List.of(once, twice), dag.consumers(x));
  }

  @Test
  void inputsKeepTheOrderThatIsAskedFor() {
    Tensor a = Tensor.placeholder("a", DType.F32, 4);
    Tensor b = Tensor.placeholder("b", DType.F32, 4);
    Tensor unused = Tensor.placeholder("unused", DType.F32, 4);
    Tensor sum = Tensor.compute("sum", a.shape(), i -> a.at(i).plus(b.at(i)));
    assertEquals(List.of(a, b), ComputeDag.of(List.of(sum)).inputs());
    assertEquals(List.of(b, unused, a), ComputeDag.of(List.of(b, unused), List.of(sum)).inputs());
    assertThrows(IllegalArgumentException.class, () -> ComputeDag.of(List.of(a)));
  }
}
