package org.jtvmc.schedule.lower;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.junit.jupiter.api.Test;

/** Products that follow each other, some rows of all at a time. */
class ReductionChainTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261128);
  private static final CpuTarget TARGET =
      new CpuTarget(
          "x86_64-unknown-linux-gnu",
          "x86-64",
          new TreeSet<>(Set.of("sse2")),
          2,
          CpuTarget.Caches.TYPICAL);

  /** Whole images are the rows; what one product makes of them is read by the next alone. */
  @Test
  void imagesOfABatchPassThroughThreeProducts() {
    ComputeDag dag = bottlenecks(6, 5, 3, 8);
    DesignSpace space = DesignSpace.of(dag, TARGET);
    LoweredCheck check = new LoweredCheck(dag);
    Random random = new Random(SEED);

    Candidate preferred = space.defaultCandidate();
    assertTrue(preferred.values().containsKey("project.rows"), preferred.values().toString());
    check.check(preferred.schedule());
    for (int i = 0; i < 8; i++) {
      check.check(space.random(random).schedule());
    }
  }

  /** For each of {@code images}: an expansion, a depthwise window of 3x3 and a projection. */
  private static ComputeDag bottlenecks(long images, long size, long narrow, long wide) {
    Tensor x = Tensor.placeholder("x", DType.F32, images, size, size, narrow);
    Tensor expanded = positive("expanded", pointwise("expand", x, wide));
    Tensor window = weight("window", wide, 3, 3);
    Tensor slid =
        Tensor.reduce(
            "slid",
            Reducer.SUM,
            Tensor.sizes(images, size - 2, size - 2, wide),
            Tensor.sizes(3, 3),
            (i, r) ->
                expanded
                    .at(i.get(0), i.get(1).plus(r.get(0)), i.get(2).plus(r.get(1)), i.get(3))
                    .times(window.at(i.get(3), r.get(0), r.get(1))));
    return ComputeDag.of(List.of(pointwise("project", positive("result", slid), narrow)));
  }

  private static Tensor weight(String name, long... sizes) {
    return Tensor.placeholder(name, DType.F32, true, Tensor.sizes(sizes));
  }

  private static Tensor pointwise(String name, Tensor x, long channels) {
    long inputs = ((IntImm) x.dim(3)).value();
    Tensor w = weight(name + "Weight", channels, inputs);
    return Tensor.reduce(
        name,
        Reducer.SUM,
        List.of(x.dim(0), x.dim(1), x.dim(2), IntImm.of(channels)),
        Tensor.sizes(inputs),
        (i, r) -> x.at(i.get(0), i.get(1), i.get(2), r.get(0)).times(w.at(i.get(3), r.get(0))));
  }

  private static Tensor positive(String name, Tensor x) {
    return Tensor.compute(name, x.shape(), i -> x.at(i).max(IntImm.of(DType.F32, 0)));
  }
}
