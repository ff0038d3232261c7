package org.jtvmc.schedule.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.Pipelining;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepCodecTest {

  @Test
  void everyStepIsReadBackAsWritten() {
    List<Step> steps =
        List.of(
            new Split("dense", "i0", List.of(4L, 8L)),
            new Fuse("dense", List.of("i0.0", "i1.0")),
            new Reorder("dense", List.of("r0", "i0.1")),
            new Inline("pad"),
            new ComputeAt("dense", "relu", "i0.0+i1.0"),
            new CacheWrite("dense"),
            new CacheRead("x", "dense", Scope.SHARED),
            new Rfactor("sum", "r0.1"),
            new Rfactor("sum", "r0.0", true),
            new Pack("w", "dense"),
            new Pack("x", "dense", Optional.of(new Attachment.At("relu", "i0.0"))),
            new Vectorize("dense", "i1.1"),
            new Unroll("dense", "i0.1"),
            new Parallel("relu", "i0.0+i1.0"),
            new Bind("relu", "i0.0", ThreadTag.BLOCK_X),
            new Pipeline("dense", "r0.0", 2, Pipelining.Way.REGISTERS),
            new Pipeline("dense", "r0.0", 3, Pipelining.Way.ASYNC),
            new Pipeline("dense", "r0.0", 4, Pipelining.Way.TILES),
            new JoinLaunch("relu", "dense.rf"),
            new SoftmaxAlong("matmul", 64),
            new OrderStorage("pad", List.of("i1", "i0"), 8),
            new OrderStorage("pad", List.of("i1", "i0"), 0, true),
            new AutoUnroll("dense", 64));
    assertEquals(steps, StepCodec.read(StepCodec.write(steps)));
  }

  @Test
  void formIsAnArrayOfNameAndFields() {
    assertEquals(
        "[[\"split\",\"dense\",\"i0\",[4,8]],[\"auto_unroll\",\"dense\",16]]",
        StepCodec.write(
            List.of(new Split("dense", "i0", List.of(4L, 8L)), new AutoUnroll("dense", 16))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[[\"spilt\",\"dense\"]]",
        "[[\"split\",\"dense\",\"i0\",[\"4\"]]]",
        "[[\"split\",\"dense\"]]",
        "[[\"bind\",\"dense\",\"i0\",\"thread\"]]",
        "[[",
        "[7]"
      })
  void whatIsNoStepIsRefused(String json) {
    assertThrows(IllegalArgumentException.class, () -> StepCodec.read(json));
  }
}
