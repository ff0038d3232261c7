package org.jtvmc.ir.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.Test;

class LoopVerifierTest {
  private final PrimVar i = PrimVar.index("i");
  private final PrimVar j = PrimVar.index("j");
  private final Buffer in = Buffer.dense("in", DType.F32, Tensor.sizes(4), Scope.GLOBAL);
  private final Buffer out = Buffer.dense("out", DType.F32, Tensor.sizes(4), Scope.GLOBAL);

  private static Stmt loop(PrimVar variable, ForKind kind, PrimExpr extent, Stmt body) {
    return new Stmt.For(variable, IntImm.of(0), extent, kind, body);
  }

  private static Stmt store(Buffer buffer, PrimExpr index) {
    return new Stmt.Store(buffer, List.of(index), FloatImm.f32(1));
  }

  private void fails(String message, Stmt body) {
    PrimFunc func = new PrimFunc("f", List.of(in), List.of(out), body);
    IllegalStateException fault =
        assertThrows(IllegalStateException.class, () -> LoopVerifier.verify(func));
    assertEquals(message, fault.getMessage());
  }

  @Test
  void acceptsWhatIsDefinedBeforeUse() {
    LoopVerifier.verify(
        new PrimFunc(
            "f",
            List.of(in),
            List.of(out),
            loop(i, ForKind.PARALLEL, IntImm.of(4), store(out, i))));
  }

  @Test
  void variableOutsideOfItsLoop() {
    fails(
        """
        variable j is used outside of its loop
        serial for i in 0..4 {
          out[j] = 1.0f    <-- here
        }
        """,
        loop(i, ForKind.SERIAL, IntImm.of(4), store(out, j)));
  }

  @Test
  void storeToAnInput() {
    fails(
        """
        buffer in may not be written here
        serial for i in 0..4 {
          in[i] = 1.0f    <-- here
        }
        """,
        loop(i, ForKind.SERIAL, IntImm.of(4), store(in, i)));
  }

  @Test
  void vectorOfUnknownLength() {
    fails(
        """
        a vectorized or unrolled loop has a constant extent
        serial for i in 0..4 {
          vectorized for j in 0..i {    <-- here
            out[j] = 1.0f
          }
        }
        """,
        loop(i, ForKind.SERIAL, IntImm.of(4), loop(j, ForKind.VECTORIZED, i, store(out, j))));
  }
}
