package org.jtvmc.schedule.lower;

import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.step.StepCodec;
import org.junit.jupiter.api.DynamicTest;
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
