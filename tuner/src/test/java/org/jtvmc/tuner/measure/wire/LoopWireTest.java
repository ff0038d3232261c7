package org.jtvmc.tuner.measure.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.PixelBox;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.Test;

/** What one process writes, another reads. */
class LoopWireTest {
  private final Buffer in = Buffer.dense("in", DType.F32, List.of(IntImm.of(1)), Scope.GLOBAL);
  private final Buffer out = Buffer.dense("out", DType.F32, List.of(IntImm.of(1)), Scope.GLOBAL);

  /** Each sum is of the one before with itself: so many that written out they fill the memory. */
  private PrimFunc sums(int number) {
    PrimExpr sum = new Load(in, List.of(IntImm.of(0)));
    for (int k = 0; k < number; k++) {
      sum = sum.plus(sum);
    }
    Stmt store = new Stmt.Store(out, List.of(IntImm.of(0)), sum);
    return new PrimFunc("sums", List.of(in), List.of(out), List.of(), store);
  }

  private static PrimExpr value(PrimFunc function) {
    return ((Stmt.Store) function.body()).value();
  }

  private static byte[] written(PrimFunc function) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    LoopWriter.write(function, new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static PrimFunc read(byte[] bytes) throws IOException {
    return LoopReader.read(new DataInputStream(new ByteArrayInputStream(bytes)));
  }

  @Test
  void whatALargeValueHoldsSeveralTimesIsWrittenOnceAndIsOneObjectAgain() throws IOException {
    int number = 60;
    byte[] bytes = written(sums(number));
    assertTrue(bytes.length < 2000, () -> bytes.length + " bytes");
    PrimExpr sum = value(read(bytes));
    for (int k = 0; k < number; k++) {
      Binary binary = (Binary) sum;
      assertSame(binary.left(), binary.right());
      sum = binary.left();
    }
    assertTrue(sum instanceof Load);
  }

  @Test
  void smallValuesAreReadAsTheyWereWritten() throws IOException {
    PrimFunc function = sums(3);
    assertEquals(function.toString(), read(written(function)).toString());
  }

  @Test
  void tilesAreReadAsTheyWereWritten() throws IOException {
    Buffer tile = Buffer.dense("tile", DType.F32, List.of(IntImm.of(1)), Scope.SHARED);
    Buffer ready = Buffer.dense("ready", DType.I64, List.of(IntImm.of(2)), Scope.SHARED);
    Buffer lines =
        Buffer.dense("lines", DType.F32, List.of(IntImm.of(8), IntImm.of(4)), Scope.SHARED);
    Buffer image =
        Buffer.dense(
            "image", DType.F32, List.of(IntImm.of(5), IntImm.of(7), IntImm.of(4)), Scope.GLOBAL);
    Load first = new Load(ready, List.of(IntImm.of(0)));
    Load element = new Load(tile, List.of(IntImm.of(0)));
    List<Effect> effects =
        List.of(
            new Effect.OpenArrivals(first, 2),
            new Effect.ExpectTiles(first, 4),
            new Effect.StartTile(element, new Load(in, List.of(IntImm.of(0))), List.of(1L), first),
            new Effect.StartPixels(
                new Load(lines, List.of(IntImm.of(0), IntImm.of(0))),
                new Load(image, List.of(IntImm.of(-1), IntImm.of(3), IntImm.of(0))),
                List.of(IntImm.of(2), IntImm.of(0)),
                new PixelBox(List.of(-1L, -1L), List.of(3L, 4L), List.of(2L, 2L), 8, 4),
                first),
            new Effect.AwaitTiles(first, IntImm.of(1)),
            new Effect.CloseArrivals(first, 2),
            new Effect.CountBlock(new Load(in, List.of(IntImm.of(0))), 3, element));
    Stmt all = Stmt.seq(effects.stream().<Stmt>map(Stmt.Evaluate::new).toList());
    Stmt body = new Stmt.Allocate(tile, new Stmt.Allocate(ready, all));
    body = new Stmt.Allocate(lines, body);
    PrimFunc function = new PrimFunc("tiles", List.of(in, image), List.of(out), List.of(), body);
    assertEquals(function.toString(), read(written(function)).toString());
  }
}
