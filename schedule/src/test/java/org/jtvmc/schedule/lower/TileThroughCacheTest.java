package org.jtvmc.schedule.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.step.StepCodec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** An expansion, a depthwise convolution of it and a projection of that, block by block. */
class TileThroughCacheTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261127);
  private static final CpuTarget TARGET =
      new CpuTarget(
          "x86_64-unknown-linux-gnu",
          "x86-64",
          new TreeSet<>(Set.of("sse2")),
          2,
          CpuTarget.Caches.TYPICAL);

  /**
   * A bottleneck's shape.
   *
   * @param stride of the depthwise window of 3x3, padded by one
   * @param narrow channels of what is read and written
   * @param wide channels between
   */
  private record Shape(int height, int width, int stride, int narrow, int wide, boolean projected) {

    static Shape random(Random random) {
      return new Shape(
          3 + random.nextInt(9),
          3 + random.nextInt(9),
          1 + random.nextInt(2),
          1 + random.nextInt(9),
          2 + random.nextInt(20),
          random.nextBoolean());
    }

    ComputeDag dag() {
      Tensor x = Tensor.placeholder("x", DType.F32, height, width, narrow);
      Tensor expanded = positive("expanded", pointwise("expand", x, wide));
      Tensor padded =
          Tensor.compute(
              "padded",
              Tensor.sizes(height + 2, width + 2, wide),
              i ->
                  Select.of(
                      i.get(0)
                          .atLeast(1)
                          .and(i.get(0).lessThan(height + 1))
                          .and(i.get(1).atLeast(1))
                          .and(i.get(1).lessThan(width + 1)),
                      expanded.at(i.get(0).minus(1), i.get(1).minus(1), i.get(2)),
                      IntImm.of(DType.F32, 0)));
      Tensor window = weight("window", wide, 3, 3);
      Tensor slid =
          Tensor.reduce(
              "slid",
              Reducer.SUM,
              Tensor.sizes((height - 1) / stride + 1, (width - 1) / stride + 1, wide),
              Tensor.sizes(3, 3),
              (i, r) ->
                  padded
                      .at(
                          i.get(0).times(stride).plus(r.get(0)),
                          i.get(1).times(stride).plus(r.get(1)),
                          i.get(2))
                      .times(window.at(i.get(2), r.get(0), r.get(1))));
      Tensor result = positive("result", slid);
      return ComputeDag.of(List.of(projected ? pointwise("project", result, narrow) : result));
    }

    private static Tensor weight(String name, long... sizes) {
      return Tensor.placeholder(name, DType.F32, true, Tensor.sizes(sizes));
    }

    private static Tensor pointwise(String name, Tensor x, long channels) {
      long inputs = ((IntImm) x.dim(2)).value();
      Tensor w = weight(name + "Weight", channels, inputs);
      return Tensor.reduce(
          name,
          Reducer.SUM,
          List.of(x.dim(0), x.dim(1), IntImm.of(channels)),
          Tensor.sizes(inputs),
          (i, r) -> x.at(i.get(0), i.get(1), r.get(0)).times(w.at(i.get(2), r.get(0))));
    }

    private static Tensor positive(String name, Tensor x) {
      return Tensor.compute(name, x.shape(), i -> x.at(i).max(IntImm.of(DType.F32, 0)));
    }
  }

  @TestFactory
  Stream<DynamicTest> blocksComputeWhatTheUnscheduledExpressionDoes() {
    return IntStream.range(0, 12)
        .mapToObj(
            i -> {
              Shape shape = Shape.random(new Random(SEED + i));
              return DynamicTest.dynamicTest(shape + ", seed " + (SEED + i), () -> check(shape));
            });
  }

  private static void check(Shape shape) {
    ComputeDag dag = shape.dag();
    DesignSpace space = DesignSpace.of(dag, TARGET);
    LoweredCheck check = new LoweredCheck(dag);
    Random random = new Random(SEED);
    int together = 0;
    for (int i = 0; i < 12; i++) {
      Candidate candidate = space.replay(together(space.random(random).values()));
      together += candidate.values().containsValue("together") ? 1 : 0;
      try {
        check.check(candidate.schedule());
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(candidate.values() + "\n" + StepCodec.write(candidate.steps()), e);
      }
    }
    assertTrue(together > 0, "no candidate has both in one block");
  }

  private static Map<String, String> together(Map<String, String> decisions) {
    Map<String, String> changed = new HashMap<>(decisions);
    changed.replaceAll((name, value) -> name.endsWith(".chain") ? "together" : value);
    changed.put("padded.inline", "yes");
    return changed;
  }

  @Test
  void anImageThatExceedsTheCacheIsThereAFewRowsAtATime() {
    DesignSpace space = DesignSpace.of(new Shape(56, 56, 1, 24, 144, true).dag(), TARGET);
    Candidate preferred = space.defaultCandidate();
    assertTrue(preferred.values().containsValue("together"), preferred.values().toString());
    Candidate block = space.replay(together(preferred.values()));
    String loops = Lowering.lower(block.schedule(), "k").func().toString();
    assertFalse(loops.contains("allocate global"), loops);
    assertTrue(loops.contains("allocate local expanded: float32["), loops);
    assertTrue(loops.contains("allocate local result: float32["), loops);
  }

  @Test
  void anImageThatStaysInTheCacheIsNotComputedTwice() {
    DesignSpace space = DesignSpace.of(new Shape(5, 5, 1, 4, 8, true).dag(), TARGET);
    assertEquals("apart", space.defaultCandidate().values().get("project.chain"));
  }
}
