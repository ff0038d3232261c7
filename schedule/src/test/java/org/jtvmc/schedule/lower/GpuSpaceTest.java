package org.jtvmc.schedule.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtvmc.ir.target.CudaTarget;
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

/**
 * Every point of a GPU's design space is a schedule that computes the right thing, thread by thread
 * and without races.
 */
class GpuSpaceTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261127);
  private static final int CANDIDATES = Integer.getInteger("jtvmc.candidates", 6);

  /** Few multiprocessors, so that small workloads fill them. */
  private static final CudaTarget TARGET =
      new CudaTarget(80, false, 2, 163 << 10, 164 << 10, 1 << 20, 1_000_000_000, 1_000_000_000);

  @TestFactory
  Stream<DynamicTest> everyCandidateComputesWhatTheUnscheduledExpressionDoes() {
    return Stream.concat(
            Workloads.all().entrySet().stream(), OperatorWorkloads.all().entrySet().stream())
        .map(
            workload ->
                DynamicTest.dynamicTest(
                    workload.getKey() + ", seed " + SEED, () -> checkMany(workload.getValue())));
  }

  @Test
  void aLongProductOfFewTilesIsMadeInPartsThatAreAddedUp() {
    ComputeDag dag = Workloads.dense(8, 4096, 16);
    Candidate candidate = DesignSpace.of(dag, CudaTarget.typical(90)).defaultCandidate();
    assertTrue(Integer.parseInt(candidate.values().get("dense.split")) > 1);
    check(new LoweredCheck(dag, 1e-5), candidate);
  }

  @Test
  void aProductOfManyTilesIsMadeAtOnce() {
    ComputeDag dag = Workloads.dense(4096, 1024, 4096);
    Candidate candidate = DesignSpace.of(dag, CudaTarget.typical(90)).defaultCandidate();
    assertEquals("1", candidate.values().get("dense.split"));
  }

  @Test
  void theThreadsOfAWarpReadARowOfWeightsTogether() {
    Tensor x = Tensor.placeholder("x", DType.F32, 1, 96);
    Tensor w = Tensor.placeholder("w", DType.F32, 20, 96);
    Tensor dense =
        Tensor.reduce(
            "dense",
            Reducer.SUM,
            Tensor.sizes(1, 20),
            Tensor.sizes(96),
            (i, r) -> x.at(i.get(0), r.get(0)).times(w.at(i.get(1), r.get(0))));
    ComputeDag dag = ComputeDag.of(List.of(dense));
    Candidate candidate = DesignSpace.of(dag, TARGET).defaultCandidate();
    assertTrue(candidate.values().containsKey("dense.threads"), candidate.values()::toString);
    assertFalse(candidate.values().containsKey("dense.tile"), candidate.values()::toString);
    check(new LoweredCheck(dag, 1e-5), candidate);
  }

  /** An odd number of rows does not divide into neighbours; a thread has as many all the same. */
  @Test
  void aThreadHasTheRowsOfItsTileWhateverTheirNumber() {
    ComputeDag dag = Workloads.dense(49, 512, 128);
    Candidate candidate =
        DesignSpace.of(dag, TARGET).replay(Map.of("dense.tile", "8x16*4x4", "dense.split", "1"));
    assertEquals("8x16*4x4", candidate.values().get("dense.tile"));
    String loops = Lowering.lower(candidate.schedule(), "kernel").func().toString();
    Matcher sums = Pattern.compile("allocate local \\S+: float32\\[(.*)]").matcher(loops);
    assertTrue(sums.find(), loops);
    long elements =
        Stream.of(sums.group(1).split(", ")).mapToLong(Long::parseLong).reduce(1, (a, b) -> a * b);
    assertEquals(16, elements, loops);
    check(new LoweredCheck(dag, 1e-5), candidate);
  }

  private static void checkMany(ComputeDag dag) {
    DesignSpace space = DesignSpace.of(dag, TARGET);
    LoweredCheck check = new LoweredCheck(dag, 1e-5);
    Random random = new Random(SEED);
    check(check, space.defaultCandidate());
    for (int i = 0; i < CANDIDATES; i++) {
      Candidate next = space.random(random);
      check(check, next);
      Optional<Candidate> mutated = space.mutate(next, random);
      mutated.ifPresent(candidate -> check(check, candidate));
    }
  }

  private static void check(LoweredCheck check, Candidate candidate) {
    try {
      check.check(candidate.schedule());
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          candidate.values() + "\n" + StepCodec.write(candidate.steps()) + "\n" + e, e);
    }
  }
}
