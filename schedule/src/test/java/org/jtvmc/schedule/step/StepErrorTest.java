package org.jtvmc.schedule.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.Lowering;
import org.junit.jupiter.api.Test;

/** What a user reads when a step does not fit. */
class StepErrorTest {

  private static Schedule schedule(Step... steps) {
    Tensor x = Tensor.placeholder("x", DType.F32, 8, 16);
    Tensor w = Tensor.placeholder("w", DType.F32, true, Tensor.sizes(16, 12));
    Tensor dense =
        Tensor.reduce(
            "dense",
            Reducer.SUM,
            Tensor.sizes(8, 12),
            Tensor.sizes(16),
            (i, r) -> x.at(i.get(0), r.get(0)).times(w.at(r.get(0), i.get(1))));
    Tensor relu =
        Tensor.compute("relu", dense.shape(), i -> dense.at(i).max(IntImm.of(DType.F32, 0)));
    return Schedule.replay(ComputeDag.of(List.of(relu)), List.of(steps));
  }

  private static void refuses(String message, Step... steps) {
    ScheduleException refusal =
        assertThrows(ScheduleException.class, () -> Lowering.lower(schedule(steps), "kernel"));
    assertEquals(message, refusal.getMessage());
  }

  @Test
  void unknownStage() {
    refuses("there is no stage 'conv'; the stages are dense, relu", new Inline("conv"));
  }

  @Test
  void unknownLoop() {
    refuses(
        """
        'i0' is not a loop of stage 'dense'
        dense:
          serial for i0.0 in 0..2
            serial for i0.1 in 0..4
              serial for i1 in 0..12
                reduce serial for r0 in 0..16
        """,
        new Split("dense", "i0", List.of(4L)),
        new Vectorize("dense", "i0"));
  }

  @Test
  void fusingLoopsThatAreNotNestedDirectly() {
    refuses(
        """
        loop 'r0' is not directly inside loop 'i0'
        dense:
          serial for i0 in 0..8
            serial for i1 in 0..12
              reduce serial for r0 in 0..16    <-- here
        """,
        new Fuse("dense", List.of("i0", "r0")));
  }

  @Test
  void replacingALoopThatHostsAStage() {
    refuses(
        """
        stage 'dense' is computed at loop 'i0', so that loop cannot be replaced
        relu:
          serial for i0 in 0..8    <-- here
            serial for i1 in 0..12
        """,
        new ComputeAt("dense", "relu", "i0"),
        new Split("relu", "i0", List.of(4L)));
  }

  @Test
  void inliningAReaderOfAPackedTensor() {
    Tensor x = Tensor.placeholder("x", DType.F32, 8, 16);
    Tensor middle = Tensor.compute("middle", x.shape(), i -> x.at(i).plus(x.at(i)));
    Tensor last = Tensor.compute("last", x.shape(), i -> middle.at(i).plus(middle.at(i)));
    Schedule packed = Schedule.of(ComputeDag.of(List.of(last))).apply(new Pack("x", "middle"));
    ScheduleException refusal =
        assertThrows(ScheduleException.class, () -> packed.apply(new Inline("middle")));
    assertTrue(
        refusal.getMessage().startsWith("stage 'middle' reads a packed tensor"),
        refusal.getMessage());
  }

  @Test
  void inliningAReduction() {
    refuses(
        """
        stage 'dense' is a reduction and cannot be inlined
        dense:
          serial for i0 in 0..8
            serial for i1 in 0..12
              reduce serial for r0 in 0..16
        """,
        new Inline("dense"));
  }

  @Test
  void parallelReduction() {
    refuses(
        """
        loop 'r0' is or is inside a reduce loop and cannot be parallel
        dense:
          serial for i0 in 0..8
            serial for i1 in 0..12
              reduce serial for r0 in 0..16    <-- here
        """,
        new Parallel("dense", "r0"));
  }

  @Test
  void loopInsideOfAVector() {
    refuses(
        """
        loop 'i1' is inside the vectorized loop 'i0', where only unrolled loops may be
        relu:
          vectorized for i0 in 0..8
            serial for i1 in 0..12    <-- here
        """,
        new Vectorize("relu", "i0"));
  }

  @Test
  void readerOutsideOfTheLoop() {
    refuses(
        """
        stage 'x.read' is computed at loop 'i0' of 'relu', but stage 'dense' outside of that loop reads it
        relu:
          serial for i0 in 0..8    <-- here
            serial for i1 in 0..12
        """,
        new CacheRead("x", "dense", Scope.LOCAL),
        new ComputeAt("x.read", "relu", "i0"));
  }

  @Test
  void cacheAfterTheLoopsWereChanged() {
    refuses(
        """
        a cache of 'dense' must be made before its loops are changed
        dense:
          serial for i0.0 in 0..2
            serial for i0.1 in 0..4
              serial for i1 in 0..12
                reduce serial for r0 in 0..16
        """,
        new Split("dense", "i0", List.of(4L)),
        new CacheWrite("dense"));
  }
}
