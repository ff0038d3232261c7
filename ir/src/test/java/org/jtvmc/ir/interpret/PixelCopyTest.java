package org.jtvmc.ir.interpret;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PixelBox;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;

/**
 * A thread has four pixels copied, one channel of each, of two images of three by three pixels with
 * two channels. The images are 1 to 9 and 11 to 19, the second channel ten times as much.
 */
class PixelCopyTest {
  private static final PixelBox BOX =
      new PixelBox(List.of(0L, -1L, -1L), List.of(2L, 2L, 2L), List.of(1L, 2L, 2L), 4, 1);

  private final Buffer input = Buffer.dense("x", DType.I32, Tensor.sizes(2, 3, 3, 2), Scope.GLOBAL);
  private final Buffer output = Buffer.dense("y", DType.I32, Tensor.sizes(4), Scope.GLOBAL);
  private final Buffer tile = Buffer.dense("tile", DType.I32, Tensor.sizes(4, 1), Scope.SHARED);
  private final Buffer ready = Buffer.dense("ready", DType.I64, Tensor.sizes(1), Scope.SHARED);
  private final Load arrival = new Load(ready, List.of(IntImm.of(0)));

  private static List<PrimExpr> numbers(long... values) {
    return LongStream.of(values).<PrimExpr>mapToObj(IntImm::of).toList();
  }

  /** The pixels from a place on, all moved down and right. */
  private double[] run(List<PrimExpr> from, long down, long right) {
    Effect start =
        new Effect.StartPixels(
            new Load(tile, numbers(0, 0)),
            new Load(input, from),
            numbers(0, down, right),
            BOX,
            arrival);
    PrimVar pixel = PrimVar.index("pixel");
    Stmt read =
        new Stmt.For(
            pixel,
            IntImm.of(0),
            IntImm.of(4),
            ForKind.SERIAL,
            new Stmt.Store(output, List.of(pixel), new Load(tile, List.of(pixel, IntImm.of(0)))));
    Stmt all =
        Stmt.seq(
            new Stmt.Evaluate(new Effect.OpenArrivals(arrival, 1)),
            new Stmt.Evaluate(new Effect.ExpectTiles(arrival, 16)),
            new Stmt.Evaluate(start),
            new Stmt.Evaluate(new Effect.AwaitTiles(arrival, IntImm.of(0))),
            read);
    Stmt threads =
        new Stmt.For(
            PrimVar.index("thread"),
            IntImm.of(0),
            IntImm.of(1),
            ForKind.THREAD,
            Optional.of(ThreadTag.THREAD_X),
            new Stmt.Allocate(tile, new Stmt.Allocate(ready, all)));
    NDArray x = NDArray.allocate(TensorType.of(DType.I32, 2, 3, 3, 2));
    for (int i = 0; i < 18; i++) {
      long value = i < 9 ? i + 1 : i + 2;
      x.setLong(2 * i, value);
      x.setLong(2 * i + 1, 10 * value);
    }
    NDArray y = NDArray.allocate(TensorType.of(DType.I32, 4));
    LoopInterpreter.run(
        new PrimFunc("f", List.of(input), List.of(output), threads), List.of(x), List.of(y));
    double[] values = new double[4];
    for (int i = 0; i < values.length; i++) {
      values[i] = y.getDouble(i);
    }
    return values;
  }

  @Test
  void pixelsAreCountedThroughLinesAndImages() {
    assertArrayEquals(new double[] {1, 3, 7, 9}, run(numbers(0, -1, -1, 0), 1, 1));
    assertArrayEquals(new double[] {7, 9, 11, 13}, run(numbers(0, 1, -1, 0), 1, 1));
    assertArrayEquals(new double[] {50, 0, 0, 0}, run(numbers(0, 1, 1, 1), 0, 0));
  }

  @Test
  void whatLiesOutsideIsZero() {
    assertArrayEquals(new double[] {0, 0, 0, 5}, run(numbers(0, -1, -1, 0), 0, 0));
    // Behind the last pixel there are no more images.
    assertArrayEquals(new double[] {19, 0, 0, 0}, run(numbers(1, 1, 1, 0), 1, 1));
  }

  @Test
  void whatIsNoPlaceIsReported() {
    for (List<PrimExpr> from :
        List.of(numbers(0, 0, -1, 0), numbers(0, 3, -1, 0), numbers(2, -1, -1, 0))) {
      String message = assertThrows(LoopFault.class, () -> run(from, 0, 0)).getMessage();
      assertTrue(message.contains("which is no place of PixelBox"), message);
    }
    String message =
        assertThrows(LoopFault.class, () -> run(numbers(0, -1, -1, 0), 0, -1)).getMessage();
    assertTrue(message.contains("pixels are moved by [0, 0, -1]"), message);
  }
}
